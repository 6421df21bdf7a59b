"""What the list can be filtered by, and what that means for the service."""

from collections.abc import Mapping
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.runs.states import EXECUTED, RunStatus
from exports_app.domain.schedules.tags import changed
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.schedules.validation import check_tags

STATUSES = [status for status in RunStatus if status in EXECUTED]
"""What the last run that was carried out may have come to."""
ACTIVE = {
    "yes": {"is_active": True},
    "no": {"is_active": False},
    "stopped": {"stopped": True},
    "failing": {"failing": True},
}
DELETED = "deleted"
"""Of ``active``: deleted scheduled exports. Nothing else is filtered or searched there."""
COLUMNS = {"type": "export_type", "format": "format", "status": "last_status"}
FILTERS = ("active", "type", "format", "status", "owner", "tags")
ME, NOBODY = "me", "none"
"""Owners: who looks at the list, and those who may not export any more."""


def allowed(name: str, value: str) -> bool:
    if name == "tags":
        return bool(value) and not check_tags(value.split(","))
    if name == "owner":
        return value in {ME, NOBODY} or is_uuid(value)
    known: dict[str, list[str]] = {
        "active": [*ACTIVE, DELETED],
        "type": EXPORT_TYPES.keys(),
        "format": FORMATS.keys(),
        "status": [str(s) for s in STATUSES],
    }
    return value in known.get(name, [])


def narrowed(filters: Mapping[str, str], name: str, value: str) -> dict[str, str]:
    """With one of FILTERS set; an empty value clears it."""
    kept = {} if is_deleted(filters) else {k: v for k, v in filters.items() if k != name}
    if not allowed(name, value):
        return kept
    return {name: value} if is_deleted({name: value}) else kept | {name: value}


def searched(filters: Mapping[str, str]) -> dict[str, str]:
    """Those that a search leaves: deleted ones are not searched."""
    return {} if is_deleted(filters) else dict(filters)


def is_deleted(filters: Mapping[str, str]) -> bool:
    return filters.get("active") == DELETED


def with_tag(tags: str, name: str, *, wanted: bool) -> str:
    """The value of the filter ``tags`` with another tag, or without it."""
    given = changed(tags.split(","), add=[name]) if wanted else changed(tags.split(","), (), [name])
    return ",".join(given[: bounds.TAGS])


def where(filters: Mapping[str, str], user_id: str) -> dict[str, Any]:
    """The conditions of `Schedules.find`. user_id: of who looks at the list."""
    columns: dict[str, Any] = {COLUMNS[k]: v for k, v in filters.items() if k in COLUMNS}
    if tags := filters.get("tags"):
        columns["tags"] = tuple(tags.split(","))
    if (owner := filters.get("owner")) == NOBODY:
        columns["ownerless"] = True
    elif owner:
        columns["owner_id"] = user_id if owner == ME else owner
    return columns | ACTIVE.get(filters.get("active", ""), {})
