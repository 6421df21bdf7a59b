"""The snapshot of its schedule that a run goes by, whatever becomes of the schedule meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from exports_app.domain.schedules.options import RunOptions

VERSION = 1
"""Raised when a stored key changes its meaning; `from_json` then translates the older ones. A new
option needs no new version: a row without it has its default."""


@dataclass(frozen=True, kw_only=True)
class RunSpec(RunOptions):
    """filters: as stored. version: of the JSON that it was read from."""

    name: str = ""
    export_type: str = ""
    format: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    recipients: list[str] = field(default_factory=list)
    owner_id: str = ""
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RunSpec":
        """Of any version, also a newer server's: unknown keys are ignored. The first rows have no
        version."""
        known = {spec_field.name for spec_field in fields(cls)}
        values = {key: value for key, value in stored.items() if key in known}
        return cls(**{"version": 1} | values)
