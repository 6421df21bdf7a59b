"""The store of scheduled exports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.interfaces.tenants import Tenants
from exports_app.services.core.records import Page, Run, Schedule, Summary


class ScheduleStore(Protocol):
    """Deleted schedules are not found."""

    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        """lock: nobody else changes it until the transaction ends."""

    def find(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> tuple[list[Schedule], int]: ...
    def add(self, schedule: Schedule) -> None: ...
    def update(self, schedule_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """False when the schedule has another version by now."""

    def due(self, now: datetime, limit: int) -> list[Schedule]:
        """Active ones whose next_run_at has come, the earliest first."""

    def due_since(self, now: datetime) -> datetime | None:
        """The earliest next_run_at that has come."""

    def reserve(self, seen: Sequence[Schedule]) -> set[str]:
        """The ids of those that are still due as they were seen, and that no other engine is at,
        until the transaction ends."""

    def advance(self, to: Mapping[str, datetime | None]) -> None:
        """Move next_run_at on, by id, of those that are reserved."""

    def note_result(self, run: Run, status: str, at: datetime) -> bool:
        """last_run_at and last_status; False where a later run has been noted already."""

    def change(self, schedule_id: str, values: Mapping[str, Any]) -> None:
        """What the engine notes: no edit of a person's, so that the version stays."""

    def active_of(self, owner_id: str) -> list[Schedule]:
        """What a user owns in any tenant and what is not paused. Nobody else changes them until the
        transaction ends."""

    def transfer_ownership(
        self, tenant_id: str, owner_id: str, heir_id: str, at: datetime
    ) -> list[Schedule]:
        """Give all that a user owns in the tenant to another. Returns them as they were."""

    def addressed_to(self, tenant_id: str, address: str, *, lock: bool = False) -> list[Schedule]:
        """The tenant's that have the address among their recipients, in any case.
        lock: nobody else changes them until the transaction ends."""

    def set_recipients(self, recipients: Mapping[str, list[str]], at: datetime) -> None:
        """By schedule's id; their versions are raised. They must be locked."""

    def summary(self, within: Tenants) -> Summary: ...
