"""Writes of a worker about its run's deliveries, while it sends the file."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from exports_app.domain.runs.delivery_mode import MessageForm
from exports_app.domain.runs.states import DeliveryStatus, move_delivery
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Delivery, Run, new_id
from exports_app.services.destinations import states
from exports_app.services.destinations.states import Outcome
from exports_app.services.runs import entitlement, lease
from exports_app.services.runs.lease import LeaseLost, Leases
from exports_app.services.tenants.quotas import Quotas

MESSAGE_IDS = uuid.UUID("6f3c6f6e-8a59-4b0e-9d0f-3f6f0f7f5d61")
"""Namespace of the Message-IDs: a delivery has the same id at every attempt."""


class RunDeliveries:
    """Each method raises LeaseLost."""

    def __init__(
        self, store: Store, changes: Changes, clock: Clock, quotas: Quotas, leases: Leases
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._quotas = quotas
        self._leases = leases

    def plan(self, run: Run, channel: str) -> list[Delivery]:
        """One delivery per recipient, through the channel, and one per destination; with those of
        earlier attempts."""
        with self._store.write() as tx:
            lease.require(tx, run)
            existing = tx.deliveries.of_runs([run.id]).get(run.id, [])
            planned = {d.target for d in existing if d.destination_id is None}
            tx.deliveries.add(
                Delivery(
                    new_id(),
                    run.id,
                    channel,
                    target,
                    DeliveryStatus.PENDING,
                    message_id(run, channel, target),
                )
                for target in run.recipients
                if target not in planned
            )
            tx.deliveries.add(_to_destinations(tx, run, existing))
            return tx.deliveries.of_runs([run.id]).get(run.id, [])

    def reserve(self, run: Run, count: int) -> None:
        """Reserve `count` messages before the first is sent. Raises RunError when the tenant's
        quota is used up for today, MessagesReserved when other runs have reserved the rest."""
        with self._store.write() as tx:
            self._quotas.reserve_messages(tx, run, count)
            lease.require(tx, run)

    def begin(
        self, run: Run, delivery: Delivery, form: MessageForm, *, again: bool = False
    ) -> Delivery:
        """Set a delivery to sending; or to skipped or failed, with the reason, where it must not be
        sent any more. The schedule and the tenant are read now: they may have changed since the run
        was created.

        again: in place of a message that the receiving server has just refused as too large: it
        counts with that as one.
        """
        pending = DeliveryStatus.PENDING
        if delivery.status is not pending:
            move_delivery(delivery.status, pending)
        with self._store.write() as tx:
            counts = delivery.destination_id is None and not again
            if not counts:
                lease.require(tx, run)
            elif not tx.run_queue.begin_message(run.id, lease.token(run)):
                raise LeaseLost
            values: dict[str, Any]
            if refused := entitlement.refusal(tx, run, delivery):
                status, reason = refused
                values = {"status": move_delivery(pending, status), "error": reason}
            else:
                sending = move_delivery(pending, DeliveryStatus.SENDING)
                values = {"status": sending, "sent_as": form.mode, "sent_size": form.size}
                if not again:
                    values["attempts"] = delivery.attempts + 1
                if counts:
                    self._quotas.count_message(tx, run)
                if delivery.status is DeliveryStatus.UNKNOWN:
                    values["resends"] = delivery.resends + 1
            tx.deliveries.change(delivery, values)
        self._leases.publish(run)
        return replace(delivery, **values)

    def move(
        self,
        run: Run,
        delivery: Delivery,
        to: DeliveryStatus,
        *,
        pauses: bool = False,
        **values: Any,
    ) -> Delivery:
        """Write a delivery's next state, and that of its destination. pauses: the destination."""
        values["status"] = move_delivery(delivery.status, to)
        has_changed = False
        with self._store.write() as tx:
            # Waits for a transaction that is ending the run, and then raises LeaseLost
            lease.require(tx, run)
            tx.deliveries.change(delivery, values)
            if delivery.destination_id is not None:
                outcome = Outcome(to, values.get("error"), pauses)
                has_changed = states.note(tx, delivery.destination_id, outcome, self._clock())
        self._leases.publish(run)
        if has_changed:
            self._changes.publish(Change(Topic.TENANTS, run.tenant_id))
        return replace(delivery, **values)


def _to_destinations(tx: Transaction, run: Run, existing: Sequence[Delivery]) -> Iterator[Delivery]:
    """Those that are not planned yet, also to destinations that are gone: their delivery says so.
    Another tenant's is never named."""
    planned = {delivery.destination_id for delivery in existing}
    taken = {(delivery.channel, delivery.target) for delivery in existing}
    wanted = [key for key in run.spec.destination_ids if key not in planned]
    found = {one.id: one for one in tx.destinations.of_ids(wanted)} if wanted else {}
    for key in wanted:
        destination = found.get(key)
        if destination is None or destination.tenant_id != run.tenant_id:
            continue
        target = destination.name
        while (destination.channel, target) in taken:  # one was deleted, and its name given away
            target += " (2)"
        taken.add((destination.channel, target))
        yield Delivery(
            *(new_id(), run.id, destination.channel, target, DeliveryStatus.PENDING),
            message_id(run, destination.channel, key),
            destination_id=key,
        )


def message_id(run: Run, channel: str, target: str) -> str:
    return str(uuid.uuid5(MESSAGE_IDS, f"{run.id}/{channel}/{target.lower()}"))
