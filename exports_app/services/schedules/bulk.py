"""One action on many scheduled exports, with the rules of the action on one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError, Invalid, Unavailable
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.core.interfaces import Clock
from exports_app.services.schedules.activation import Activation, Switched
from exports_app.services.schedules.batches import Batches, Outcome, check_number
from exports_app.services.schedules.deleted import DeletedSchedules, Deletion
from exports_app.services.schedules.ownership import Ownership
from exports_app.services.schedules.service import Schedules
from exports_app.services.schedules.tagging import TagChange

MAX_IDS = bounds.BULK


class BulkAction(StrEnum):
    ACTIVATE = "activate"
    PAUSE = "pause"
    RUN = "run"
    DELETE = "delete"


@dataclass(frozen=True)
class BulkResult:
    """done: ids. failed: an id, and the reason as a sentence. codes: of the errors, by id."""

    done: list[str]
    failed: list[tuple[str, str]]
    switched: list[Switched] = field(default_factory=list, compare=False)
    """Those of ACTIVATE and PAUSE, to be undone."""
    codes: Mapping[str, str] = field(default_factory=dict, compare=False)
    cancelled: int = 0
    """Queued runs that DELETE cancelled."""


class Bulk:
    def __init__(
        self,
        batches: Batches,
        schedules: Schedules,
        ownership: Ownership,
        activation: Activation,
        deleted: DeletedSchedules,
        clock: Clock,
    ) -> None:
        self._batches = batches
        self._schedules = schedules
        self._ownership = ownership
        self._activation = activation
        self._deleted = deleted
        self._clock = clock

    def apply(
        self,
        who: Principal,
        ids: Sequence[str],
        action: BulkAction,
        to: SendTo = SendTo.RECIPIENTS,
    ) -> BulkResult:
        """In order, each id once. A failure does not stop the others. to: of RUN. Raises Invalid
        for more than MAX_IDS ids."""
        match action:
            case BulkAction.RUN:
                return _result(self._run(who, ids, to))
            case BulkAction.DELETE:
                work = Deletion(who, self._clock)
                outcome = self._batches.each(who, ids, work)
                return replace(_result(outcome), cancelled=outcome.others)
            case BulkAction.ACTIVATE | BulkAction.PAUSE:
                active = action is BulkAction.ACTIVATE
                outcome = self._activation.set_all(who, ids, active)
                switched = [one for one in outcome.done.values() if one is not None]
                return replace(_result(outcome), switched=switched)

    def undo(self, who: Principal, switched: Sequence[Switched]) -> BulkResult:
        """Undo ACTIVATE or PAUSE. Otherwise as `apply`."""
        return _result(self._activation.undo_all(who, switched))

    def restore(self, who: Principal, ids: Sequence[str]) -> BulkResult:
        """Restore deleted ones. Otherwise as `apply`."""
        return _result(self._deleted.restore_all(who, ids))

    def tag(
        self, who: Principal, ids: Sequence[str], add: Sequence[str], remove: Sequence[str] = ()
    ) -> BulkResult:
        """Add tags, and remove others. Otherwise as `apply`."""
        return _result(self._batches.each(who, ids, TagChange(add, remove, self._clock)))

    def transfer(self, who: Principal, ids: Sequence[str], owner_id: str) -> BulkResult:
        """Give them to another owner. Otherwise as `apply`."""
        return _result(self._ownership.transfer_all(who, ids, owner_id))

    def _run(self, who: Principal, ids: Sequence[str], to: SendTo) -> Outcome:
        """Each in a transaction of its own, so that the first ones begin at once."""
        check_number(ids)
        outcome, unavailable = Outcome(), None
        for schedule_id in dict.fromkeys(ids):
            with outcome.of(schedule_id):
                if unavailable is not None:  # the others would wait for the database too
                    raise unavailable
                try:
                    self._schedules.trigger(who, schedule_id, to=to)
                except Unavailable as e:
                    unavailable = e
                    raise
                outcome.done[schedule_id] = None
        return outcome


def _result(outcome: Outcome) -> BulkResult:
    failed = [(key, _reason(error)) for key, error in outcome.failed.items()]
    codes = {key: error.code for key, error in outcome.failed.items()}
    return BulkResult(list(outcome.done), failed, codes=codes)


def _reason(error: ExportsError) -> str:
    return error.errors[0].detail if isinstance(error, Invalid) and error.errors else error.message
