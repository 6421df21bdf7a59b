"""The filters of a saved view: what a list of scheduled exports is narrowed to, and its order."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.states import EXECUTED, RunStatus
from exports_app.domain.schedules import tags
from exports_app.services.core.authorization import sorting
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import check_search, is_uuid, one_of, pointer_of
from exports_app.services.schedules.service import SORTS
from exports_app.services.schedules.validation import check_tags

STATES = ("active", "paused", "paused_automatically", "failing")
ME, WITHOUT_ACCESS = "me", "without_access"
"""Owners: who looks at the view, and those who may not export any more."""


@dataclass(frozen=True)
class ViewFilters:
    """Empty: not narrowed by it. owner: a user's id, ME or WITHOUT_ACCESS. sort: as of
    `Schedules.find`."""

    q: str = ""
    state: str = ""
    export_type: str = ""
    format: str = ""
    last_status: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    sort: str = ""

    def to_json(self) -> dict[str, Any]:
        values = {**asdict(self), "tags": list(self.tags)}
        return {name: value for name, value in values.items() if value}


def check(filters: ViewFilters) -> ViewFilters:
    """With its tags merged. Raises Invalid with pointers below ``/filters``."""
    if errors := [error for name in filters.to_json() for error in _wrong(filters, name)]:
        raise Invalid(errors)
    return ViewFilters(**{**asdict(filters), "tags": tags.merged(filters.tags)})


def read(stored: Mapping[str, Any]) -> tuple[ViewFilters, list[str]]:
    """The filters that this version and its export types know, and the names of the others, which
    are left out."""
    known, lost = dict[str, Any](), list[str]()
    for name, value in stored.items():
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value}
        if _has_its_type(name, value) and not _wrong(ViewFilters(**given), name):
            known |= given
        else:
            lost.append(name)
    return ViewFilters(**known), lost


def _has_its_type(name: str, value: Any) -> bool:
    if name == "tags":
        return isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return name in ViewFilters.__dataclass_fields__ and isinstance(value, str)


def _choices() -> Mapping[str, Sequence[str]]:
    return {
        "state": STATES,
        "export_type": EXPORT_TYPES.keys(),
        "format": FORMATS.keys(),
        "last_status": [str(status) for status in RunStatus if status in EXECUTED],
    }


def _wrong(filters: ViewFilters, name: str) -> list[FieldError]:
    value, at = getattr(filters, name), f"/filters{pointer_of(name)}"
    if (choices := _choices().get(name)) is not None:
        return [] if value in choices else [FieldError(at, one_of(choices))]
    if name == "owner":
        fits = value in {ME, WITHOUT_ACCESS} or is_uuid(value)
        return [] if fits else [FieldError(at, f"must be {ME}, {WITHOUT_ACCESS} or a user's id")]
    if name == "tags":
        return [FieldError(f"/filters{e.pointer}", e.detail) for e in check_tags(value)]
    try:
        if name == "sort":
            sorting(value, SORTS)
        else:
            check_search({name: value})
    except Invalid as e:
        return [FieldError(at, error.detail) for error in e.errors]
    return []
