"""Changes whose fields may be left out. An answer can be edited and sent back as it is: of what
cannot be changed, the app's own findings are passed over, and the rest must be what it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from exports_app.api.request_body import Input
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.field_rules import pointer_of

CHANGED = "cannot be changed: leave it out, or send it as it is"


@dataclass(frozen=True)
class _Answered:
    """A field of the answer that no change sets."""

    is_fixed: bool


Fixed = Annotated[Any, _Answered(is_fixed=True)]
"""Must be as it is, such as an ID."""
Found = Annotated[Any, _Answered(is_fixed=False)]
"""What the app finds out, such as the time of the last run: it may have changed meanwhile."""


def _answered(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, _Answered]]:
    for name, info in model.model_fields.items():
        for each in info.metadata:
            if isinstance(each, _Answered):
                yield name, info, each


def _shown(schema: dict[str, Any], model: type[BaseModel]) -> None:
    for _, info, _ in _answered(model):
        schema["properties"].pop(info.alias)
    without_defaults(schema)


def without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class PartialInput(Input):
    """A change whose fields may be left out and then keep their values. The OpenAPI document shows
    no defaults of them: a generated client would send these, and so change what its caller did not
    name. Nor does it show what no change sets."""

    model_config = ConfigDict(json_schema_extra=_shown)

    def given(self) -> dict[str, Any]:
        """Those that change something."""
        others = {name for name, _, _ in _answered(type(self))}
        return {name: value for name, value in super().given().items() if name not in others}

    def check_fixed(self, answer: BaseModel) -> None:
        """answer: what GET says now. Raises Invalid for each field that cannot be changed and is
        sent with another value."""
        now = answer.model_dump(mode="json", by_alias=False)
        names = [name for name, _, of in _answered(type(self)) if of.is_fixed]
        wrong = [
            FieldError(pointer_of(name), CHANGED)
            for name in names
            if name in self.model_fields_set and not _same(getattr(self, name), now[name])
        ]
        if wrong:
            raise Invalid(wrong)


def _same(sent: Any, known: Any) -> bool:
    """Of an ID in any case, and of an instant in any form."""
    if not (isinstance(sent, str) and isinstance(known, str)):
        return bool(sent == known)
    return sent.lower() == known.lower() or _instant(sent) == _instant(known) is not None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        return None
