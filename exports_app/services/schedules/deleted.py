"""Deleting scheduled exports: they are kept for a time, and can be restored."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from exports_app.domain.access import Permission, Principal, require_anywhere
from exports_app.domain.errors import (
    ExportsError,
    NotDeleted,
    NotFound,
    SlugTaken,
    TooManyTags,
    VersionConflict,
)
from exports_app.domain.schedules import tags
from exports_app.domain.timing import cron
from exports_app.services.core.authorization import own_tenant, schedule_of
from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.field_rules import check_page
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Page, Schedule
from exports_app.services.schedules import slugs
from exports_app.services.schedules.batches import Batch, Batches, Outcome, Work
from exports_app.services.schedules.edits import Edit
from exports_app.services.schedules.tagging import folded_tags, lacks_room
from exports_app.services.tenants.quotas import Quotas

KEPT = timedelta(days=30)
"""How long a deleted one can be restored."""
NEWEST = "-deleted_at"


class DeletedSchedules:
    def __init__(self, store: Store, batches: Batches, clock: Clock, quotas: Quotas) -> None:
        self._store = store
        self._batches = batches
        self._clock = clock
        self._quotas = quotas

    def find(self, who: Principal, tenant_id: str | None, page: Page) -> tuple[list[Schedule], int]:
        """Those that can be restored, the last deleted first, and the number of all. tenant_id:
        None: the caller's only one. Raises NotFound, Forbidden without the right to write,
        Invalid."""
        require_anywhere(who, Permission.WRITE)
        check_page(page)
        tenant_id = own_tenant(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            since = self._clock() - KEPT
            return tx.deleted_schedules.find(tenant_id, since, replace(page, sort=NEWEST))

    def restore(self, who: Principal, schedule_id: str) -> Schedule:
        """As it was: active or paused, with its history. Its next run is the next one from now:
        what was due while it was deleted does not run. Its owner stays, if they may still export
        there; else the caller becomes it.

        Raises NotFound, also once it is KEPT; Forbidden; QuotaExceeded; Conflict where it is not
        deleted, and where the tenant has no room for its tags.
        """
        work = _Restoration(self._quotas, self._clock)
        return self._batches.one(who, schedule_id, work).changed

    def restore_all(self, who: Principal, ids: Sequence[str]) -> Outcome:
        return self._batches.each(who, ids, _Restoration(self._quotas, self._clock))


class Deletion(Work):
    """version: the one that may be deleted; None: any. others: the number of pending runs that are
    cancelled."""

    def __init__(self, who: Principal, clock: Clock, version: int | None = None) -> None:
        self._who = who
        self._clock = clock
        self._version = version

    def plan(self, old: Schedule) -> Edit:
        if self._version not in {None, old.version}:
            raise VersionConflict
        values = {
            "deleted_at": self._clock(),
            "deleted_by": self._who.user_id,
            "next_run_at": None,
        }
        return Edit(values, Action.SCHEDULE_DELETED)

    def end(self, tx: Transaction, changed: Sequence[Schedule]) -> int:
        return tx.runs.cancel_pending([one.id for one in changed], self._clock())


class _Restoration(Work):
    locks_tenants = True

    def __init__(self, quotas: Quotas, clock: Clock) -> None:
        self._quotas = quotas
        self._clock = clock

    def of_ids(self, tx: Transaction, ids: Collection[str], *, lock: bool) -> list[Schedule]:
        return tx.deleted_schedules.of_ids(ids, lock=lock)

    def missing(self, tx: Transaction, who: Principal, schedule_id: str) -> ExportsError:
        schedule_of(tx, who, schedule_id, Permission.WRITE)
        return NotDeleted()

    def plan(self, old: Schedule) -> Edit:
        now = self._clock()
        if old.deleted_at is None or old.deleted_at <= now - KEPT:
            raise NotFound
        back = {"deleted_at": None, "deleted_by": None, "owner_id": old.owner_id}
        return Edit({**_timing(old, now), **back}, Action.SCHEDULE_RESTORED)

    def check(self, batch: Batch, old: Schedule, edit: Edit) -> Edit:
        tenant = batch.tenants[old.tenant_id]
        there = batch.once(f"tags {tenant.id}", lambda: folded_tags(batch.tx, tenant.id))
        if why := lacks_room(there, old.tags):
            raise TooManyTags(f"Its tags do not fit: {why}. Remove some from others first")
        room = batch.once(f"room {tenant.id}", lambda: self._quotas.schedules(batch.tx, tenant))
        room.take()
        there |= set(map(tags.folded, old.tags))
        restored = batch.once(f"slugs {tenant.id}", set[str])
        slug = old.slug or slugs.made(batch.tx, tenant.id, old.name)
        if slug in restored or slugs.is_taken(batch.tx, tenant.id, slug):
            raise SlugTaken(
                f"Another scheduled export has its slug {slug}: change that one's first"
            )
        restored.add(slug)
        edit = replace(edit, values={**edit.values, "slug": slug})
        owner = batch.once(f"owner {old.owner_id}", lambda: principal_of(batch.tx, old.owner_id))
        may = owner is not None and owner.can(Permission.WRITE, old.tenant_id)
        values = edit.values if may else {**edit.values, "owner_id": batch.who.user_id}
        return replace(edit, values=values)


def _timing(old: Schedule, now: datetime) -> dict[str, Any]:
    """Paused where it has no recipient left, or its times can no longer be computed."""
    try:
        parsed, zone = cron.parse(old.schedule), cron.zone(old.timezone)
    except ExportsError:  # stored under an older rule, or with a zone that is gone
        return {"is_active": False, "next_run_at": None}
    active = old.is_active and bool(old.recipients or old.destination_ids)
    return {
        "is_active": active,
        "next_run_at": cron.next_after(parsed, zone, now) if active else None,
    }
