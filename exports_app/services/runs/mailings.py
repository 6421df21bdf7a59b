"""What a run would send and to whom, for the question that pages ask before they start it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.runs.states import DeliveryStatus, Trigger
from exports_app.services.core.authorization import require, run_of, schedule_of
from exports_app.services.core.extension_points import Stage
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.core.records import Delivery, Run
from exports_app.services.destinations import states
from exports_app.services.destinations.configs import stage_of
from exports_app.services.runs import entitlement
from exports_app.services.runs.ending import is_due

_Chosen = Callable[[Run, Sequence[Delivery]], list[Delivery]]


@dataclass(frozen=True)
class ToDestinations:
    """So many files, or messages, in all. names: of the destinations, each once."""

    count: int = 0
    names: tuple[str, ...] = ()

    def times(self, runs: int) -> "ToDestinations":
        return replace(self, count=self.count * runs)


@dataclass(frozen=True)
class Mailing:
    """names: of the schedules. addresses: of everyone who gets an email, each once, as they come
    first. files: to stores. messages: to the other destinations, where people read them. idle: the
    names of destinations that get nothing, since they are switched off or paused."""

    names: tuple[str, ...]
    runs: int
    emails: int
    addresses: tuple[str, ...]
    files: ToDestinations = field(default_factory=ToDestinations)
    messages: ToDestinations = field(default_factory=ToDestinations)
    idle: tuple[str, ...] = ()

    @property
    def delivers(self) -> bool:
        """Whether a destination gets something."""
        return bool(self.files.count or self.messages.count)

    def times(self, runs: int) -> "Mailing":
        """Of so many runs in place of each."""
        return replace(
            self,
            runs=self.runs * runs,
            emails=self.emails * runs,
            files=self.files.times(runs),
            messages=self.messages.times(runs),
        )


class Mailings:
    """resends: see `ending.is_due`."""

    def __init__(self, store: Store, resends: int) -> None:
        self._store = store
        self._resends = resends

    def of_schedules(self, who: Principal, ids: Sequence[str]) -> Mailing:
        """Of a run of each schedule to its recipients; those that do not exist are left out. Raises
        NotFound where another tenant's is among them, and where none is left; Forbidden; Invalid
        for too many ids."""
        if len(ids) > bounds.BULK:
            raise Invalid([FieldError("/ids", f"choose at most {bounds.BULK:,} at a time")])
        known = [schedule_id for schedule_id in dict.fromkeys(ids) if is_uuid(schedule_id)]
        with self._store.read() as tx:
            found = {schedule.id: schedule for schedule in tx.schedules.of_ids(known)}
            places = _destinations(tx, [key for s in found.values() for key in s.destination_ids])
        for tenant_id in {schedule.tenant_id for schedule in found.values()}:
            require(who, Permission.WRITE, tenant_id)
        schedules = [found[schedule_id] for schedule_id in known if schedule_id in found]
        if not schedules:
            require_own_password(who)
            raise NotFound
        recipients = [address for schedule in schedules for address in schedule.recipients]
        names = tuple(schedule.name for schedule in schedules)
        return Mailing(names, len(schedules), len(recipients), _distinct(recipients), *places)

    def of_rerun(self, who: Principal, schedule_id: str, run_id: str) -> tuple[Mailing, Run]:
        """With the run that would be repeated; of a test, of whom it went to. Raises NotFound,
        Forbidden."""
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
            is_test = run.trigger is Trigger.TEST
            places = _destinations(tx, [] if is_test else schedule.destination_ids)
        source = run if is_test else schedule
        recipients = source.recipients
        mailing = Mailing((schedule.name,), 1, len(recipients), _distinct(recipients), *places)
        return mailing, run

    def of_resend(self, who: Principal, schedule_id: str, run_id: str) -> Mailing:
        """To those who did not get the file and may still get it. Raises NotFound, Forbidden."""
        return self._of_run(who, schedule_id, run_id, lambda _, found: entitlement.unsent(found))

    def of_retry(self, who: Principal, schedule_id: str, run_id: str) -> Mailing:
        """To those whom the next attempt of a run sends the file. Raises NotFound, Forbidden."""
        return self._of_run(who, schedule_id, run_id, self._due)

    def _of_run(self, who: Principal, schedule_id: str, run_id: str, choose: _Chosen) -> Mailing:
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
            deliveries = tx.deliveries.of_runs([run.id]).get(run.id, [])
            chosen = [
                one
                for one in choose(run, _with_those_to_come(run, deliveries))
                if entitlement.may_receive(tx, one, run, schedule)
            ]
        mails = [one.target for one in chosen if one.destination_id is None]
        others = [(one.target, one.channel) for one in chosen if one.destination_id is not None]
        places = (_of_stage(others, Stage.STORE), _of_stage(others, Stage.MESSAGE))
        return Mailing((schedule.name,), 1, len(mails), _distinct(mails), *places)

    def _due(self, run: Run, deliveries: Sequence[Delivery]) -> list[Delivery]:
        return [delivery for delivery in deliveries if is_due(run, delivery, self._resends)]


def _with_those_to_come(run: Run, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Also those to recipients that no attempt has planned yet."""
    planned = {one.target for one in deliveries if one.destination_id is None}
    pending = DeliveryStatus.PENDING
    new = [
        Delivery("", run.id, "", target, pending, "")
        for target in run.recipients
        if target not in planned
    ]
    return [*deliveries, *new]


def _destinations(
    tx: Transaction, ids: Sequence[str]
) -> tuple[ToDestinations, ToDestinations, tuple[str, ...]]:
    """The files, the messages and those that are idle. ids: one for each file or message."""
    found = {one.id: one for one in tx.destinations.of_ids(ids)} if ids else {}
    there = [found[key] for key in ids if key in found and found[key].deleted_at is None]
    used = [(one.name, one.channel) for one in there if states.refusal(one) is None]
    idle = tuple(dict.fromkeys(one.name for one in there if states.refusal(one)))
    return _of_stage(used, Stage.STORE), _of_stage(used, Stage.MESSAGE), idle


def _of_stage(destinations: Sequence[tuple[str, str]], stage: Stage) -> ToDestinations:
    """destinations: their names and channels, once for each file or message."""
    names = [name for name, channel in destinations if stage_of(channel) is stage]
    return ToDestinations(len(names), tuple(dict.fromkeys(names)))


def _distinct(addresses: Sequence[str]) -> tuple[str, ...]:
    seen = dict[str, str]()
    for address in addresses:
        seen.setdefault(address.lower(), address)
    return tuple(seen.values())
