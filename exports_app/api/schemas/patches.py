"""Bodies of PATCH: JSON Merge Patch (RFC 7396). Fields that are left out keep their value, null
removes what is set, objects are merged field by field, and lists are replaced."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from exports_app.api.request_body import Input
from exports_app.api.schemas.changes import without_defaults

C = TypeVar("C", bound=Input)


class Patch(Input):
    model_config = ConfigDict(json_schema_extra=without_defaults)

    removed: ClassVar[Mapping[str, Any]] = {}
    """What null stands for, by field: the value of something new for which none is chosen."""

    def given(self) -> dict[str, Any]:
        values = super().given()
        gone = [name for name in self.removed if name in values and values[name] is None]
        return values | {name: self.removed[name] for name in gone}


def patch_of(
    change: type[C],
    name: str,
    removed: type[Input] | Mapping[str, Any],
    **merged: type[Input],
) -> type[C]:
    """The body of the PATCH that belongs to a PUT. removed: what null sets where the PUT takes no
    null, by field; or the body that creates one, for its defaults. merged: the bodies of fields
    that are objects."""
    defaults = _defaults(removed) if isinstance(removed, type) else removed
    found, fields = dict[str, Any](), dict[str, Any]()
    for field, info in change.model_fields.items():
        kind = _annotation(merged.get(field, info.annotation), info)
        if field in defaults and not _takes_null(info):
            found[field] = defaults[field]
            kind = kind | None
        if field in found or info.is_required():
            fields[field] = (kind, Field(None, description=info.description))
    made: type[BaseModel] = create_model(
        name, __base__=(Patch, change), __module__=change.__module__, __doc__=DOC, **fields
    )
    made.removed = found  # type: ignore[attr-defined]  # of Patch
    return cast(type[C], made)


def _annotation(kind: Any, info: FieldInfo) -> Any:
    return Annotated[(kind, *info.metadata)] if info.metadata else kind


def _takes_null(info: FieldInfo) -> bool:
    return type(None) in get_args(info.annotation)


DOC = "JSON Merge Patch (RFC 7396): fields left out keep their value."


def _defaults(created: type[Input]) -> dict[str, Any]:
    every = {
        name: info.get_default(call_default_factory=True)
        for name, info in created.model_fields.items()
        if not info.is_required()
    }
    return {name: value for name, value in every.items() if value is not None}
