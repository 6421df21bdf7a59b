"""Scheduled exports that were deleted: they are kept for a time, and can be restored."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from exports_app.domain.access import Permission, Principal, require_anywhere, require_own_password
from exports_app.domain.errors import Conflict, ExportsError, NotFound
from exports_app.domain.timing import cron
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import own_tenant, require, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import principal_of, write_as
from exports_app.services.core.field_rules import check_page, is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Page, Schedule
from exports_app.services.tenants.quotas import Quotas

KEPT = timedelta(days=30)
"""How long a deleted one can be restored."""
NEWEST = "-deleted_at"


class DeletedSchedules:
    def __init__(self, store: Store, changes: Changes, clock: Clock, quotas: Quotas) -> None:
        self._store = store
        self._changes = changes
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

        Raises NotFound, also once it is KEPT; Forbidden; Conflict where it is not deleted, and
        QuotaExceeded.
        """
        with write_as(self._store, who) as (tx, who):
            now = self._clock()
            old = self._deleted(tx, who, schedule_id, now)
            tenant = tx.tenants.get(old.tenant_id, lock=True)  # one at a time counts and adds
            if tenant is None:
                raise NotFound
            self._quotas.require_schedule(tx, tenant)
            values = {
                **_timing(old, now),
                "owner_id": _owner(tx, old, who),
                "updated_at": now,
                "version": old.version + 1,
            }
            if not tx.deleted_schedules.restore(old.id, old.version, values):
                raise Conflict
            restored = replace(old, **values, deleted_at=None, deleted_by=None)
            audit_log.note_schedule(tx, who, Action.SCHEDULE_RESTORED, restored, now)
        self._changes.publish(Change(Topic.SCHEDULES, old.tenant_id))
        return restored

    def _deleted(
        self, tx: Transaction, who: Principal, schedule_id: str, now: datetime
    ) -> Schedule:
        require_own_password(who)
        deleted = tx.deleted_schedules.get(schedule_id) if is_uuid(schedule_id) else None
        if deleted is None:
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            raise Conflict("This scheduled export is not deleted")
        require(who, Permission.WRITE, deleted.tenant_id)
        if deleted.deleted_at is None or deleted.deleted_at <= now - KEPT:
            raise NotFound
        return deleted


def _timing(old: Schedule, now: datetime) -> dict[str, Any]:
    """Paused where it has no recipient left, or its times can no longer be computed."""
    try:
        parsed, zone = cron.parse(old.schedule), cron.zone(old.timezone)
    except ExportsError:  # stored under an older rule, or with a zone that is gone
        return {"is_active": False, "next_run_at": None}
    active = old.is_active and bool(old.recipients)
    return {
        "is_active": active,
        "next_run_at": cron.next_after(parsed, zone, now) if active else None,
    }


def _owner(tx: Transaction, old: Schedule, who: Principal) -> str:
    owner = principal_of(tx, old.owner_id)
    may = owner is not None and owner.can(Permission.WRITE, old.tenant_id)
    return old.owner_id if may else who.user_id
