"""The snapshot of a schedule that its run uses, also when the schedule changes afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from exports_app.domain.schedules.options import RunOptions

VERSION = 1
"""Incremented when a stored key changes its meaning; `from_json` then converts older snapshots. A
new option needs no new version: a row without it has its default."""


@dataclass(frozen=True, kw_only=True)
class RunSpec(RunOptions):
    """filters: as stored. version: of the JSON that it was read from."""

    name: str = ""
    export_type: str = ""
    format: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    recipients: list[str] = field(default_factory=list)
    destination_ids: list[str] = field(default_factory=list)
    owner_id: str = ""
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RunSpec":
        """Reads any version, also a newer server's: unknown keys are ignored. The oldest rows have
        no version."""
        known = {declared.name for declared in fields(cls)}
        values = {key: value for key, value in stored.items() if key in known}
        return cls(**{"version": 1} | values)
