"""What a tenant uses of its quotas."""

from datetime import date, datetime
from typing import Protocol


class UsageStore(Protocol):
    """What a tenant uses of its quotas."""

    def schedules(self, tenant_id: str) -> int:
        """Without deleted ones."""

    def pending_runs(self, tenant_id: str) -> int: ...
    def file_bytes(self, tenant_id: str) -> int:
        """Of the files that are kept."""

    def messages(self, tenant_id: str, day: date) -> int:
        """Messages that began on the day, in UTC."""

    def reserved_messages(self, tenant_id: str, alive_at: datetime | None = None) -> int:
        """Messages that the tenant's processing runs may still send. alive_at: only of runs whose
        lease is valid at the instant. None: also of the others, whose worker may still be alive
        until they are recovered."""

    def reserve_messages(self, run_id: str, count: int) -> None:
        """For a processing run. The reservation ends when the run is no longer processing."""

    def add_message(self, tenant_id: str, day: date) -> None: ...
    def forget_messages(self, before: date) -> None: ...
