"""Runs that have ended, for programs that ask for the new ones: each once, and again where it ends
again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from exports_app.domain.access import Permission, Principal
from exports_app.services.core.authorization import own_tenant_of_schedules
from exports_app.services.core.interfaces import Clock, RunFilter, Store
from exports_app.services.runs.listing import ListedRun, check_filter, check_schedule, listed

BATCH = 1_000
"""Ends that get their number in one transaction, which blocks other writers on SQLite."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class EndedPage:
    """Of a tenant, the first to be seen first. last: where to go on. more: whether more can be read
    at once."""

    tenant_id: str
    runs: list[ListedRun]
    last: int
    more: bool


class RunEnds:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def after(
        self, who: Principal, tenant_id: str | None, where: RunFilter, number: int, limit: int
    ) -> EndedPage:
        """Runs that ended behind the one of this number; 0: all that are kept, since the database
        notes ends. tenant_id: None is the caller's only one. where: schedule, status and trigger
        only. Raises NotFound, Forbidden, Invalid."""
        tenant_id = own_tenant_of_schedules(who, Permission.READ, tenant_id)
        check_filter(where)
        where = replace(where, among=who.schedules)
        page, waiting = self._read(who, tenant_id, where, number, limit)
        if waiting and not page.more:
            self._number(tenant_id)
            page, waiting = self._read(who, tenant_id, where, number, limit)
        return replace(page, more=page.more or waiting)

    def newest(self, who: Principal, tenant_id: str | None) -> int:
        """Behind all runs that have ended until now. Raises as `after`."""
        tenant_id = own_tenant_of_schedules(who, Permission.READ, tenant_id)
        while self._number(tenant_id) == BATCH:
            pass
        with self._store.read() as tx:
            return tx.run_ends.last(tenant_id)

    def number_all(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """So that what nobody asks for does not pile up. stopped: checked between batches. Raises
        Unavailable."""
        with self._store.read() as tx:
            tenants = tx.run_ends.tenants_to_number()
        for tenant_id in tenants:
            while not stopped() and self._number(tenant_id) == BATCH:
                pass

    def _number(self, tenant_id: str) -> int:
        # Numbers begin at the microseconds since 1970, so that after a backup was restored the next
        # ones are higher than all that were given before
        least = (self._clock() - EPOCH) // MICROSECOND
        with self._store.write() as tx:
            return tx.run_ends.number(tenant_id, least, BATCH)

    def _read(
        self, who: Principal, tenant_id: str, where: RunFilter, number: int, limit: int
    ) -> tuple[EndedPage, bool]:
        """The page, and whether there are ends without a number."""
        with self._store.read() as tx:
            check_schedule(tx, who, tenant_id, where)
            found = tx.run_ends.after(tenant_id, number, where, limit)
            page = EndedPage(tenant_id, listed(tx, found.runs), found.last, found.more)
            return page, tx.run_ends.any_to_number(tenant_id)
