"""Pausing and activating a scheduled export, and undoing it."""

from dataclasses import dataclass
from typing import Any

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import Conflict
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Action, Schedule
from exports_app.services.schedules.service import Schedules

TRIES = 3
"""Where it is changed by others just then."""
RESET = ("owner_id", "failures", "paused_at", "paused_reason")
"""What an activation sets anew."""


@dataclass(frozen=True)
class Switched:
    """before: as it was. version: of the scheduled export afterwards."""

    before: Schedule
    version: int


class Activation:
    def __init__(self, store: Store, changes: Changes, clock: Clock, schedules: Schedules) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._schedules = schedules

    def set_active(self, who: Principal, schedule_id: str, active: bool) -> Switched | None:
        """None where it was so already. Raises NotFound, Forbidden, Invalid, Conflict."""
        for left in reversed(range(TRIES)):
            before = self._schedules.get(who, schedule_id, Permission.WRITE)
            if before.is_active == active:
                return None
            try:
                values = {"is_active": active}
                after = self._schedules.update(who, schedule_id, values, before.version)
            except Conflict:
                if not left:
                    raise
            else:
                return Switched(before, after.version)
        raise AssertionError  # the last try returns or raises

    def undo(self, who: Principal, switched: Switched) -> Schedule:
        """As it was, with its next run: a time that passed meanwhile is run late. Raises NotFound,
        Forbidden; Conflict where it was changed since."""
        was = switched.before
        with write_as(self._store, who) as (tx, who):
            now = self._clock()
            old = schedule_of(tx, who, was.id, Permission.WRITE)
            if old.version != switched.version:
                raise Conflict(f"“{old.name}” was changed since: its latest state is kept")
            reset = () if was.is_active else RESET
            values: dict[str, Any] = {
                name: getattr(was, name) for name in ("is_active", "next_run_at", *reset)
            }
            changes = audit_log.changed(vars(old), {"is_active": was.is_active})
            values |= {"updated_at": now, "version": old.version + 1}
            if not tx.schedules.update(old.id, old.version, values):
                raise Conflict
            updated = Action.SCHEDULE_UPDATED
            audit_log.note_schedule(tx, who, updated, old, now, changed=changes)
            undone = schedule_of(tx, who, was.id, Permission.WRITE)
        self._changes.publish(Change(Topic.SCHEDULES, was.tenant_id))
        return undone
