"""The store of runs that retention removes from the history."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import RemovedRuns


@dataclass(frozen=True)
class Expiry:
    """Which runs may be removed: those that ended before `before`, except the newest `newest` of
    each schedule.

    Others stay as well: runs that are not finished, whose file is kept, whose links are valid at
    `now`, and runs of ticks that their schedule has still to pass. Of a schedule that was deleted
    before `before`, the newest runs go too.
    """

    before: datetime
    now: datetime
    newest: int


@dataclass(frozen=True)
class Place:
    """A run's place in the history of its tenant."""

    created_at: datetime
    run_id: str


@dataclass(frozen=True)
class OldRuns:
    """A part of a tenant's history. removable: ids. last: its end; None at the end of what is old
    enough."""

    removable: list[str]
    last: Place | None


class OldRunStore(Protocol):
    def look(self, tenant_id: str, expiry: Expiry, after: Place | None, limit: int) -> OldRuns:
        """The next `limit` runs of the tenant that were created before `expiry.before`, the oldest
        first. after: the end of the part before."""

    def remove(self, run_ids: Collection[str], expiry: Expiry) -> int:
        """Remove those of the runs that may still be removed, with their deliveries, attempts and
        downloads, and note it for `removed_from`. Returns their number. Runs that another
        transaction has locked stay."""

    def removed_from(self, schedule_id: str) -> RemovedRuns | None:
        """What was removed from the schedule's history; None: nothing."""
