"""The store of scheduled exports that were deleted, and can be restored or removed for good."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import Page, Schedule


@dataclass(frozen=True)
class RemovedPart:
    """runs: how many were removed. files: the keys of their files, which are still stored."""

    runs: int
    files: list[str]


class DeletedScheduleStore(Protocol):
    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        """None also where it is not deleted. lock: until the transaction ends."""

    def of_ids(self, ids: Collection[str], *, lock: bool = False) -> list[Schedule]:
        """As of the store of those that are not deleted."""

    def find(self, tenant_id: str, since: datetime, page: Page) -> tuple[list[Schedule], int]:
        """Those that were deleted after the instant, and their number. page.sort: deleted_at."""

    def expired(self, tenant_id: str, before: datetime, limit: int) -> list[str]:
        """Ids of those that were deleted before the instant, the first ones first."""

    def remove_runs(self, schedule_id: str, limit: int) -> RemovedPart:
        """Remove up to `limit` of its finished runs, with their deliveries, attempts and
        downloads."""

    def remove(self, schedule_id: str) -> bool:
        """Remove it for good, with what belongs to it. False while it has runs."""
