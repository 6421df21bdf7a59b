"""One action on many scheduled exports, with the rules of the action on one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid, Unavailable
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.schedules import tags
from exports_app.services.schedules.activation import Activation, Switched
from exports_app.services.schedules.deleted import DeletedSchedules
from exports_app.services.schedules.ownership import Ownership
from exports_app.services.schedules.service import Schedules

MAX_IDS = bounds.BULK


class BulkAction(StrEnum):
    ACTIVATE = "activate"
    PAUSE = "pause"
    RUN = "run"
    DELETE = "delete"


@dataclass(frozen=True)
class BulkResult:
    """done: ids. failed: an id, and the reason as a sentence."""

    done: list[str]
    failed: list[tuple[str, str]]
    switched: list[Switched] = field(default_factory=list, compare=False)
    """Those of ACTIVATE and PAUSE, to be undone."""
    cancelled: int = 0
    """Queued runs that DELETE cancelled."""


class Bulk:
    def __init__(
        self,
        schedules: Schedules,
        ownership: Ownership,
        activation: Activation,
        deleted: DeletedSchedules,
    ) -> None:
        self._schedules = schedules
        self._ownership = ownership
        self._activation = activation
        self._deleted = deleted

    def apply(
        self,
        who: Principal,
        ids: Sequence[str],
        action: BulkAction,
        to: SendTo = SendTo.RECIPIENTS,
    ) -> BulkResult:
        """In order, each id once. A failure does not stop the others. to: of RUN. Raises Invalid
        for more than MAX_IDS ids."""
        switched, cancelled = list[Switched](), list[int]()
        actions: dict[BulkAction, Callable[[str], object]] = {
            BulkAction.ACTIVATE: partial(self._set_active, who, True, switched),
            BulkAction.PAUSE: partial(self._set_active, who, False, switched),
            BulkAction.RUN: partial(self._schedules.trigger, who, to=to),
            BulkAction.DELETE: lambda each: cancelled.append(self._schedules.delete(who, each)),
        }
        result = _each(ids, actions[action])
        return replace(result, switched=switched, cancelled=sum(cancelled))

    def undo(self, who: Principal, switched: Sequence[Switched]) -> BulkResult:
        """Undo ACTIVATE or PAUSE. Otherwise as `apply`."""
        of = {one.before.id: one for one in switched}
        return _each(list(of), lambda schedule_id: self._activation.undo(who, of[schedule_id]))

    def restore(self, who: Principal, ids: Sequence[str]) -> BulkResult:
        """Restore deleted ones. Otherwise as `apply`."""
        return _each(ids, partial(self._deleted.restore, who))

    def tag(
        self, who: Principal, ids: Sequence[str], add: Sequence[str], remove: Sequence[str] = ()
    ) -> BulkResult:
        """Add tags, and remove others. Otherwise as `apply`."""
        return _each(ids, partial(self._tag, who, add, remove))

    def transfer(self, who: Principal, ids: Sequence[str], owner_id: str) -> BulkResult:
        """Give them to another owner. Otherwise as `apply`."""

        def give(schedule_id: str) -> None:
            self._ownership.transfer(who, schedule_id, owner_id)

        return _each(ids, give)

    def _tag(
        self, who: Principal, add: Sequence[str], remove: Sequence[str], schedule_id: str
    ) -> None:
        seen = self._schedules.get(who, schedule_id, Permission.WRITE)
        wanted = tuple(tags.changed(seen.tags, add, remove))
        self._schedules.update(who, schedule_id, {"tags": wanted}, seen.version)

    def _set_active(
        self, who: Principal, active: bool, switched: list[Switched], schedule_id: str
    ) -> None:
        if (one := self._activation.set_active(who, schedule_id, active)) is not None:
            switched.append(one)


def _each(ids: Sequence[str], action_on: Callable[[str], object]) -> BulkResult:
    if len(ids) > MAX_IDS:
        raise Invalid([FieldError("/ids", f"choose at most {MAX_IDS:,} at a time")])
    result, unavailable = BulkResult([], []), None
    for schedule_id in dict.fromkeys(ids):
        try:
            if unavailable is not None:  # the others would wait for the database one after another
                raise unavailable
            action_on(schedule_id)
        except ExportsError as e:
            unavailable = e if isinstance(e, Unavailable) else unavailable
            reason = e.errors[0].detail if isinstance(e, Invalid) and e.errors else e.message
            result.failed.append((schedule_id, reason))
        else:
            result.done.append(schedule_id)
    return result
