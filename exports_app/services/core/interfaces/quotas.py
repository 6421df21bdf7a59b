"""What a tenant uses of its quotas."""

from datetime import date, datetime
from typing import Protocol


class UsageStore(Protocol):
    """What a tenant takes of its quotas."""

    def schedules(self, tenant_id: str) -> int:
        """Without deleted ones."""

    def pending_runs(self, tenant_id: str) -> int: ...
    def file_bytes(self, tenant_id: str) -> int:
        """Of the files that are kept."""

    def messages(self, tenant_id: str, day: date) -> int:
        """Begun on the day, in UTC."""

    def reserved_messages(self, tenant_id: str, alive_at: datetime | None = None) -> int:
        """Those that its runs at work may still begin. alive_at: of those whose lease holds at the
        instant. None: also of the others, whose worker may be alive all the same until they are
        recovered."""

    def reserve_messages(self, run_id: str, count: int) -> None:
        """For a run at work. Void as soon as it is not at work any more, however that comes."""

    def add_message(self, tenant_id: str, day: date) -> None: ...
    def forget_messages(self, before: date) -> None: ...
