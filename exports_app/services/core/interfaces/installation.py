"""What all processes of an installation share beside the database."""

from typing import Protocol

from exports_app.services.core.records import InstallationRecord, Maintenance


class InstallationStore(Protocol):
    def noted(self) -> InstallationRecord | None:
        """None before the first start."""

    def add(self, record: InstallationRecord) -> None:
        """The first one; does nothing where there is one."""

    def replace(self, old: InstallationRecord, new: InstallationRecord) -> bool:
        """False where another process has replaced the old one meanwhile."""

    def maintenance(self) -> Maintenance: ...
    def set_maintenance(self, new: Maintenance) -> None:
        """Of an installation that is noted."""
