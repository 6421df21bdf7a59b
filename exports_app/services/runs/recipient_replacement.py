"""Replacing a recipient whom the mail server refused, in the schedule and in the failed run."""

from dataclasses import replace
from typing import Any

from email_validator import EmailNotValidError

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    AlreadyResending,
    AlreadySentThere,
    DeliveryNotFailed,
    FieldError,
    Invalid,
    NoLongerRecipient,
    NotForTests,
    NotFound,
    UnknownFirst,
    VersionConflict,
)
from exports_app.domain.runs.states import OWN_RECIPIENTS, DeliveryStatus, move_delivery
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import run_of, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.email_addresses import valid_address, what_is_wrong
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.records import Action, Delivery, Run, Schedule, new_id
from exports_app.services.runs.actions import require_file, require_resendable, waits_for_retry
from exports_app.services.runs.ending import holds_unknown
from exports_app.services.runs.entitlement import REPLACED
from exports_app.services.runs.sending import message_id
from exports_app.services.tenants import recipient_domains
from exports_app.services.tenants.quotas import Quotas


class RecipientReplacement:
    """resends: how often a message of unknown outcome is sent again without asking."""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        changes: Changes,
        clock: Clock,
        quotas: Quotas,
        resends: int,
    ) -> None:
        self._store = store
        self._files = files
        self._changes = changes
        self._clock = clock
        self._quotas = quotas
        self._resends = resends

    def replace(
        self,
        who: Principal,
        schedule_id: str,
        run_id: str,
        old: str,
        new: str,
        version: int | None = None,
    ) -> Run:
        """Put `new` in the place of `old` among the schedule's recipients, and send the run's file
        to it alone: the run becomes pending again. A run that waits for a retry of other messages
        keeps its time, and the retry sends this one too. version: of the schedule, as the caller
        saw it.

        Raises NotFound, Forbidden and Gone as `RunActions.resend`; Invalid for an address that is
        wrong, not allowed or a recipient already; Conflict where the message to `old` did not
        fail, or the schedule was changed meanwhile.
        """
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
        address = _valid(new)
        if waits_for_retry(run):
            require_file(run, self._files)
        else:
            require_resendable(run, self._files)
        if run.trigger in OWN_RECIPIENTS:
            raise NotForTests
        with write_as(self._store, who) as (tx, who):
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            if version is not None and version != schedule.version:
                raise VersionConflict
            self._quotas.require_run(tx, run.tenant_id, messages=1)
            failed = self._failed(tx, run, old)
            self._change_schedule(tx, who, schedule, old, address)
            again = self._change_run(tx, who, run, failed, address)
        for topic in (Topic.SCHEDULES, Topic.RUNS):
            self._changes.publish(Change(topic, run.tenant_id))
        return again

    def _failed(self, tx: Transaction, run: Run, old: str) -> Delivery:
        """The delivery to the old address. Raises Conflict where it did not fail, and where another
        message would be sent beside the new one that would not be sent otherwise."""
        deliveries = tx.deliveries.of_runs([run.id]).get(run.id, [])
        is_unknown = any(
            d.status is DeliveryStatus.UNKNOWN and d.resends < self._resends for d in deliveries
        )
        if is_unknown and not holds_unknown(run) and not waits_for_retry(run):
            raise UnknownFirst
        for delivery in deliveries:
            if _is_to(delivery, old) and delivery.status is DeliveryStatus.FAILED:
                return delivery
        raise DeliveryNotFailed

    def _change_schedule(
        self, tx: Transaction, who: Principal, schedule: Schedule, old: str, new: str
    ) -> None:
        tenant = tx.tenants.get(schedule.tenant_id)
        if tenant is None:
            raise NotFound
        if any(_same(recipient, new) for recipient in schedule.recipients):
            raise Invalid([FieldError("/to", "is already a recipient: enter another address")])
        if wrong := recipient_domains.check(tenant, [new]):
            raise Invalid([FieldError("/to", wrong[0].detail)])
        recipients = [new if _same(r, old) else r for r in schedule.recipients]
        if recipients == schedule.recipients:
            raise NoLongerRecipient
        now = self._clock()
        changed: dict[str, Any] = {
            "recipients": recipients,
            "updated_at": now,
            "version": schedule.version + 1,
        }
        if not tx.schedules.update(schedule.id, schedule.version, changed):
            raise VersionConflict
        differs = {"recipients": [schedule.recipients, recipients]}
        updated = replace(schedule, **changed)
        audit_log.note_schedule(tx, who, Action.SCHEDULE_UPDATED, updated, now, changed=differs)

    def _change_run(
        self, tx: Transaction, who: Principal, run: Run, failed: Delivery, new: str
    ) -> Run:
        if not waits_for_retry(run) and not tx.runs.reopen(run):
            raise AlreadyResending
        again = run_of(tx, run.scheduled_export_id, run.id)
        if not waits_for_retry(again) and waits_for_retry(run):
            raise VersionConflict("This run's retry has begun: reload it")
        recipients = [new if _same(r, failed.target) else r for r in run.recipients]
        if not tx.runs.update_unclaimed(again, {"recipients": recipients}):
            raise VersionConflict
        replaced = move_delivery(failed.status, DeliveryStatus.SKIPPED)
        tx.deliveries.change(failed, {"status": replaced, "error": f"{REPLACED}{new}"})
        _send_to(tx, run, failed.channel, new)
        facts = {"recipient": new, "replaced": failed.target}
        audit_log.note_run(tx, who, Action.RUN_RESENT, again, self._clock(), **facts)
        return replace(again, recipients=recipients)


def _send_to(tx: Transaction, run: Run, channel: str, new: str) -> None:
    """Raises Conflict where the run's file went to this address already."""
    pending = DeliveryStatus.PENDING
    for delivery in tx.deliveries.of_runs([run.id]).get(run.id, []):
        if _is_to(delivery, new):  # it was a recipient of the run before
            if delivery.status not in {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}:
                raise AlreadySentThere
            again = {"status": move_delivery(delivery.status, pending), "error": None, "resends": 0}
            tx.deliveries.change(delivery, again)
            return
    identity = message_id(run, channel, new)
    tx.deliveries.add([Delivery(new_id(), run.id, channel, new, pending, identity)])


def _is_to(delivery: Delivery, address: str) -> bool:
    return delivery.destination_id is None and _same(delivery.target, address)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _valid(address: str) -> str:
    try:
        return valid_address(address.strip())
    except EmailNotValidError as e:
        raise Invalid([FieldError("/to", what_is_wrong(e))]) from None
