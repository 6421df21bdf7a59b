"""The store of scheduled exports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.interfaces.tenants import Tenants
from exports_app.services.core.records import Page, Run, Schedule, Summary


class ZoneDataStore(Protocol):
    """The time zone data with which next_run_at was computed."""

    def fingerprints(self) -> dict[str, str]:
        """By zone."""

    def note(self, zone: str, fingerprint: str, at: datetime) -> None: ...


class ScheduleStore(Protocol):
    """Deleted schedules are not found."""

    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        """lock: until the transaction ends."""

    def names_of(self, schedule_ids: Collection[str]) -> dict[str, str]:
        """By id."""

    def of_ids(self, ids: Collection[str], *, lock: bool = False) -> list[Schedule]:
        """In no order; those that do not exist are left out. lock: until the transaction ends."""

    def find(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> tuple[list[Schedule], int]: ...
    def names(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> dict[str, str]:
        """Of the page that `find` gives, by id, in its order."""

    def among(
        self, within: Tenants, where: Mapping[str, Any], q: str, ids: Collection[str]
    ) -> set[str]:
        """Which of these `find` gives, on any page."""

    def slugs(self, tenant_id: str, beginning: str, *, deleted: bool = True) -> set[str]:
        """Those of the tenant that begin so. deleted: also of deleted schedules."""

    def without_slug(self, limit: int) -> list[Schedule]: ...
    def by_slugs(self, tenant_id: str, slugs: Collection[str]) -> list[Schedule]:
        """In no order."""

    def of_tenant(self, tenant_id: str, limit: int) -> list[Schedule]:
        """In the order of the slugs."""

    def add(self, schedule: Schedule) -> None: ...
    def add_all(self, schedules: Sequence[Schedule]) -> None: ...
    def update(self, schedule_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """False when the schedule has another version by now."""

    def update_all(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        """values: the columns to change by the schedule's id. They must be locked; they may be
        deleted ones."""

    def due(self, now: datetime, limit: int) -> list[Schedule]:
        """Active schedules whose next_run_at has come, the earliest first."""

    def next_due(self, tenant_id: str, until: datetime, limit: int) -> list[Schedule]:
        """Active schedules of the tenant that are due until the instant, the earliest first."""

    def due_since(self, now: datetime) -> datetime | None:
        """The earliest next_run_at in the past."""

    def zones_to_come(self, now: datetime) -> list[str]:
        """The time zones of active schedules whose next_run_at is later."""

    def to_come(self, zone: str, now: datetime, after: str, limit: int) -> list[Schedule]:
        """Active schedules of a time zone whose next_run_at is later, by id. after: the last id
        seen; empty: from the first."""

    def reserve(self, seen: Sequence[Schedule]) -> set[str]:
        """Lock the schedules that are unchanged since they were seen, and that no other engine has
        locked. Returns their ids."""

    def advance(self, to: Mapping[str, datetime | None]) -> None:
        """Set next_run_at of reserved schedules, by id."""

    def note_result(self, run: Run, status: str, at: datetime) -> bool:
        """Set last_run_at and last_status; False where a later run was noted already, or the run is
        of an earlier date. For runs that are no tests."""

    def change(self, schedule_id: str, values: Mapping[str, Any]) -> None:
        """A change by the engine, which keeps the version."""

    def active_of(self, owner_id: str) -> list[Schedule]:
        """A user's active schedules in all tenants, locked until the transaction ends."""

    def transfer_ownership(
        self, tenant_id: str, owner_id: str, new_owner_id: str, at: datetime
    ) -> list[Schedule]:
        """Give a user's schedules in the tenant to another user. Returns them as they were."""

    def addressed_to(
        self, tenant_id: str, address: str, *, lock: bool = False, deleted: bool = False
    ) -> list[Schedule]:
        """The tenant's schedules with the address among their recipients, in any case. lock: until
        the transaction ends. deleted: the deleted ones."""

    def owners(self, tenant_id: str) -> list[str]:
        """The ids of who owns schedules in the tenant."""

    def tags(self, tenant_id: str) -> list[str]:
        """The different spellings of the tags of the tenant's schedules, in order."""

    def set_recipients(self, recipients: Mapping[str, list[str]], at: datetime) -> None:
        """recipients: by the schedule's id. Raises the versions. The schedules must be locked."""

    def summary(self, within: Tenants) -> Summary: ...
