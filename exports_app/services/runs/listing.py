"""The runs of a tenant, across its scheduled exports or of one of them; and one run by its id."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from string import hexdigits

from email_validator import EmailNotValidError

from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.authorization import own_tenant_of_schedules, require, schedule_of
from exports_app.services.core.change_events import Changes
from exports_app.services.core.email_addresses import valid_address
from exports_app.services.core.field_rules import check_search, is_uuid, one_of
from exports_app.services.core.interfaces import FoundRuns, RunFilter, Store, Transaction
from exports_app.services.core.records import Delivery, Page, Run
from exports_app.services.core.request_coalescing import RequestCoalescing

KEPT = 0.25
"""Seconds that a reading is shared: changes by other processes show after this time at the
latest."""


SHORTEST = 6
"""Digits of an id that a run is found by: fewer would begin many."""


@dataclass(frozen=True)
class Place:
    """Where a page of the list is: older than a run, newer than one, from one on, or at the newest.
    Ids of runs; one that is not there any more counts as none."""

    older_than: str = ""
    newer_than: str = ""
    starts_at: str = ""


@dataclass(frozen=True)
class ListedRun:
    run: Run
    schedule_name: str
    """As it is now."""
    deliveries: list[Delivery]


@dataclass(frozen=True)
class RunListPage:
    """total: of all pages, counted up to FARTHEST + 1; of the newest `looked_at` runs only, where
    that is given. look_on: the id of a run behind which it was not looked for others, or empty."""

    runs: list[ListedRun]
    has_newer: bool
    has_older: bool
    total: int
    looked_at: int | None = None
    look_on: str = ""


class RunListing:
    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._readings: RequestCoalescing[RunListPage] = RequestCoalescing(changes, KEPT)

    def page(
        self, who: Principal, tenant_id: str, where: RunFilter, place: Place, size: int
    ) -> RunListPage:
        """The newest first. where.recipient: as typed; a whole address that no run has is looked
        for as a part of others. Raises NotFound, also for a schedule that is not the tenant's;
        Forbidden; Invalid."""
        require(who, Permission.READ, tenant_id)
        check_filter(where)
        view = (where, place, size)
        return self._readings.get(
            tenant_id, view, lambda: self._read(who, tenant_id, where, place, size)
        )

    def find(
        self, who: Principal, tenant_id: str | None, where: RunFilter, page: Page
    ) -> tuple[list[ListedRun], tuple[datetime, str] | None]:
        """A page of the same list, the newest first, and created_at and id of the last run that was
        looked at for it, where older ones may follow. tenant_id: None is the caller's only one.
        page: without a sort. Raises as `page`."""
        tenant_id = own_tenant_of_schedules(who, Permission.READ, tenant_id)
        check_filter(where)
        where = replace(where, among=who.schedules)
        with self._store.read() as tx:
            check_schedule(tx, who, tenant_id, where)
            page = replace(page, sort="-created_at")
            found = _find(tx, tenant_id, where, page)
            runs = listed(tx, found.runs)
        last = (found.runs[-1].created_at, found.runs[-1].id) if found.more else found.looked_to
        return runs, last

    def get(self, who: Principal, run_id: str) -> ListedRun:
        """A run by its id alone. Raises NotFound (also for another tenant's, and for one of a
        deleted schedule), Forbidden."""
        require_own_password(who)
        with self._store.read() as tx:
            run = tx.runs.get(run_id) if is_uuid(run_id) else None
            if run is None:
                raise NotFound
            schedule = schedule_of(tx, who, run.scheduled_export_id, Permission.READ)
            return ListedRun(run, schedule.name, tx.deliveries.of_runs([run.id]).get(run.id, []))

    def one(self, who: Principal, tenant_id: str, run_id: str) -> RunListPage:
        """A run of the tenant by its id alone. Raises NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            run = _of_tenant(tx, tenant_id, run_id)
            if run is None:
                raise NotFound
            schedule_of(tx, who, run.scheduled_export_id, Permission.READ)
            return _listed(tx, FoundRuns([run], more=False, total=1), Page())

    def with_id(self, who: Principal, tenant_id: str, text: str, most: int) -> list[ListedRun]:
        """Runs whose id begins with this text, with or without its hyphens: of SHORTEST digits at
        least; of shorter ones none. Raises NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        if not (beginning := _beginning(text)):
            return []
        with self._store.read() as tx:
            found = tx.run_list.with_id(tenant_id, beginning, most)
            return _listed(tx, FoundRuns(found, more=False, total=len(found)), Page()).runs

    def _read(
        self, who: Principal, tenant_id: str, where: RunFilter, place: Place, size: int
    ) -> RunListPage:
        with self._store.read() as tx:
            check_schedule(tx, who, tenant_id, where)
            page = _page(tx, tenant_id, where, place, size)
            found = _find(tx, tenant_id, where, page)
            if page.sort == "created_at" and not found.more:
                # The newest page: whole, and without an end that moves
                page = Page(size=size, sort="-created_at")
                found = _find(tx, tenant_id, where, page)
            return _listed(tx, found, page)


def check_schedule(tx: Transaction, who: Principal, tenant_id: str, where: RunFilter) -> None:
    """Raises NotFound where the filter's schedule is not the tenant's."""
    if not where.schedule_id:
        return
    schedule = schedule_of(tx, who, where.schedule_id, Permission.READ)
    if schedule.tenant_id != tenant_id:
        raise NotFound


def _beginning(text: str) -> str:
    """Of an id, as it is stored; empty where it is none, or too short."""
    digits = text.replace("-", "").lower()
    if not SHORTEST <= len(digits) <= 32 or not set(digits) <= set(hexdigits):
        return ""
    cuts = (0, 8, 12, 16, 20, 32)
    parts = [digits[start:end] for start, end in pairwise(cuts)]
    return "-".join(part for part in parts if part)


def check_filter(where: RunFilter) -> None:
    """Raises Invalid."""
    check_search({"recipient": where.recipient, "reason": where.reason})
    known: list[tuple[str, str, Collection[str]]] = [
        ("status", where.status, list(RunStatus)),
        ("trigger", where.trigger, list(Trigger)),
    ]
    errors = [
        FieldError(f"/{name}", one_of([str(each) for each in values]))
        for name, value, values in known
        if value and value not in values
    ]
    if errors:
        raise Invalid(errors)


def _page(tx: Transaction, tenant_id: str, where: RunFilter, place: Place, size: int) -> Page:
    newest = Page(size=size, sort="-created_at")
    if run := _of_tenant(tx, tenant_id, place.older_than):
        return replace(newest, after=(run.created_at, run.id))
    if run := _of_tenant(tx, tenant_id, place.newer_than):
        return replace(newest, sort="created_at", after=(run.created_at, run.id))
    if run := _of_tenant(tx, tenant_id, place.starts_at):
        before = Page(size=1, sort="created_at", after=(run.created_at, run.id))
        if found := _find(tx, tenant_id, where, before).runs:
            return replace(newest, after=(found[0].created_at, found[0].id))
    return newest


def _of_tenant(tx: Transaction, tenant_id: str, run_id: str) -> Run | None:
    run = tx.runs.get(run_id) if is_uuid(run_id) else None
    return run if run is not None and run.tenant_id == tenant_id else None


def _find(tx: Transaction, tenant_id: str, where: RunFilter, page: Page) -> FoundRuns:
    typed = where.recipient.strip()
    if not typed:
        return tx.run_list.find(tenant_id, replace(where, recipient=""), page)
    part = replace(where, recipient=typed, is_part=True)
    try:
        address = valid_address(typed)
    except EmailNotValidError:
        return tx.run_list.find(tenant_id, part, page)
    found = tx.run_list.find(tenant_id, replace(where, recipient=address, is_part=False), page)
    return found if found.total or found.looked_at else tx.run_list.find(tenant_id, part, page)


def listed(tx: Transaction, runs: Sequence[Run]) -> list[ListedRun]:
    """With their deliveries, and the names of their schedules."""
    deliveries = tx.deliveries.of_runs([run.id for run in runs])
    names = tx.schedules.names_of({run.scheduled_export_id for run in runs})
    return [
        ListedRun(
            run, names.get(run.scheduled_export_id, run.spec.name), deliveries.get(run.id, [])
        )
        for run in runs
    ]


def _listed(tx: Transaction, found: FoundRuns, page: Page) -> RunListPage:
    is_up = page.sort == "created_at"
    return RunListPage(
        listed(tx, found.runs),
        has_newer=found.more if is_up else page.after is not None,
        has_older=is_up or found.more,
        total=found.total,
        looked_at=found.looked_at,
        look_on=found.looked_to[1] if found.looked_to and not is_up else "",
    )
