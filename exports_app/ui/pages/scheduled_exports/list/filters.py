"""What the list can be filtered by, and what that means for the service."""

from collections.abc import Mapping
from typing import Any

from exports_app.domain.runs.states import EXECUTED, RunStatus
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS

STATUSES = [status for status in RunStatus if status in EXECUTED]
"""What the last run that was carried out may have come to."""
ACTIVE = {
    "yes": {"is_active": True},
    "no": {"is_active": False},
    "stopped": {"stopped": True},
    "failing": {"failing": True},
}
COLUMNS = {"type": "export_type", "format": "format", "status": "last_status"}
FILTERS = ("active", "type", "format", "status")


def allowed(name: str, value: str) -> bool:
    known: dict[str, list[str]] = {
        "active": list(ACTIVE),
        "type": EXPORT_TYPES.keys(),
        "format": FORMATS.keys(),
        "status": [str(s) for s in STATUSES],
    }
    return value in known.get(name, [])


def where(filters: Mapping[str, str]) -> dict[str, Any]:
    """The conditions of `Schedules.find`."""
    columns: dict[str, Any] = {COLUMNS[k]: v for k, v in filters.items() if k != "active"}
    return columns | ACTIVE.get(filters.get("active", ""), {})
