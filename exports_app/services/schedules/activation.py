"""Pausing and activating scheduled exports, and undoing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Clock
from exports_app.services.core.records import Schedule
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.batches import Batches, Outcome, Work
from exports_app.services.schedules.draft_values import draft_of, next_run
from exports_app.services.schedules.edits import Edit, edit_of

RESET = ("owner_id", "failures", "paused_at", "paused_reason")
"""What an activation sets anew."""


@dataclass(frozen=True)
class Switched:
    """What is needed to undo it. before: the values that it changed. version: of the scheduled
    export afterwards."""

    id: str
    name: str
    before: Mapping[str, Any]
    version: int


class Activation:
    def __init__(self, batches: Batches, clock: Clock, minimum_seconds: int) -> None:
        self._batches = batches
        self._clock = clock
        self._minimum = minimum_seconds

    def set_active(self, who: Principal, schedule_id: str, active: bool) -> Switched | None:
        """None where it was so already. Raises NotFound, Forbidden, Invalid."""
        pair = self._batches.one(who, schedule_id, self._switch(who, active)).pair
        return None if pair is None else _switched(*pair)

    def set_all(self, who: Principal, ids: Sequence[str], active: bool) -> Outcome:
        """done: `Switched`, or None where it was so already."""
        return self._batches.each(who, ids, self._switch(who, active), _switched)

    def undo(self, who: Principal, switched: Switched) -> Schedule:
        """As it was, with its next run: a time that passed meanwhile is run late. Raises NotFound,
        Forbidden; Conflict where it was changed since."""
        return self._batches.one(who, switched.id, _Undo({switched.id: switched})).changed

    def undo_all(self, who: Principal, switched: Sequence[Switched]) -> Outcome:
        of = {one.id: one for one in switched}
        return self._batches.each(who, list(of), _Undo(of))

    def _switch(self, who: Principal, active: bool) -> Work:
        return _Switch(who.user_id, self._clock, self._minimum, active=active)


class _Switch(Work):
    def __init__(self, user_id: str, clock: Clock, minimum: int, *, active: bool) -> None:
        self._user_id = user_id
        self._clock = clock
        self._minimum = minimum
        self._active = active

    def plan(self, old: Schedule) -> Edit | None:
        if old.is_active == self._active:
            return None
        now, draft = self._clock(), replace(draft_of(old), is_active=self._active)
        checked = rules.check(draft, now, self._minimum, {"is_active"})
        return edit_of(old, checked, next_run(checked, now), self._user_id)


class _Undo(Work):
    def __init__(self, switched: Mapping[str, Switched]) -> None:
        self._switched = switched

    def plan(self, old: Schedule) -> Edit | None:
        one = self._switched[old.id]
        if old.version != one.version:
            raise VersionConflict(f"“{old.name}” was changed since: its latest state is kept")
        changed = audit_log.changed(vars(old), {"is_active": one.before["is_active"]})
        return Edit(one.before, detail={"changed": changed})


def _switched(before: Schedule, after: Schedule) -> Switched:
    reset = () if before.is_active else RESET
    values = {name: getattr(before, name) for name in ("is_active", "next_run_at", *reset)}
    return Switched(before.id, before.name, values, after.version)
