"""What a run would send and to whom, for the question that pages ask before they start it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.authorization import require, run_of, schedule_of
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs import entitlement
from exports_app.services.runs.ending import is_due
from exports_app.services.tenants import recipient_domains

_Targets = Callable[[Run, Sequence[Delivery]], list[str]]


@dataclass(frozen=True)
class Mailing:
    """names: of the schedules. addresses: of everyone who gets an email, each once, as they come
    first."""

    names: tuple[str, ...]
    runs: int
    emails: int
    addresses: tuple[str, ...]

    def times(self, runs: int) -> "Mailing":
        """Of so many runs in place of each."""
        return replace(self, runs=self.runs * runs, emails=self.emails * runs)


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
        for tenant_id in {schedule.tenant_id for schedule in found.values()}:
            require(who, Permission.WRITE, tenant_id)
        schedules = [found[schedule_id] for schedule_id in known if schedule_id in found]
        if not schedules:
            require_own_password(who)
            raise NotFound
        recipients = [address for schedule in schedules for address in schedule.recipients]
        names = tuple(schedule.name for schedule in schedules)
        return Mailing(names, len(schedules), len(recipients), _distinct(recipients))

    def of_rerun(self, who: Principal, schedule_id: str, run_id: str) -> tuple[Mailing, Run]:
        """With the run that would be repeated; of a test, of whom it went to. Raises NotFound,
        Forbidden."""
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
        source = run if run.trigger is Trigger.TEST else schedule
        recipients = source.recipients
        return Mailing((schedule.name,), 1, len(recipients), _distinct(recipients)), run

    def of_resend(self, who: Principal, schedule_id: str, run_id: str) -> Mailing:
        """To those who did not get the file and may still get it. Raises NotFound, Forbidden."""
        return self._of_run(who, schedule_id, run_id, _resent)

    def of_retry(self, who: Principal, schedule_id: str, run_id: str) -> Mailing:
        """To those whom the next attempt of a run sends the file. Raises NotFound, Forbidden."""
        return self._of_run(who, schedule_id, run_id, self._retried)

    def _of_run(
        self, who: Principal, schedule_id: str, run_id: str, targets_of: _Targets
    ) -> Mailing:
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
            deliveries = tx.deliveries.of_runs([run.id]).get(run.id, [])
            tenant = tx.tenants.get(run.tenant_id)
        recipients = {address.lower() for address in entitlement.recipients_of(run, schedule)}
        targets = [
            target
            for target in targets_of(run, deliveries)
            if target.lower() in recipients
            and tenant is not None
            and not recipient_domains.refusal(tenant, target)
        ]
        return Mailing((schedule.name,), 1, len(targets), _distinct(targets))

    def _retried(self, run: Run, deliveries: Sequence[Delivery]) -> list[str]:
        mails = [delivery for delivery in deliveries if delivery.destination_id is None]
        planned = {delivery.target for delivery in mails}
        due = [d.target for d in mails if is_due(run, d, self._resends)]
        return due + [target for target in run.recipients if target not in planned]


def _resent(_run: Run, deliveries: Sequence[Delivery]) -> list[str]:
    return [d.target for d in entitlement.unsent(deliveries) if d.destination_id is None]


def _distinct(addresses: Sequence[str]) -> tuple[str, ...]:
    seen = dict[str, str]()
    for address in addresses:
        seen.setdefault(address.lower(), address)
    return tuple(seen.values())
