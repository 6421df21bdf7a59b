"""Writes of a worker about its run's deliveries, while it sends the file."""

import uuid
from dataclasses import replace
from typing import Any

from exports_app.domain.runs.delivery_mode import MessageForm
from exports_app.domain.runs.states import DeliveryStatus, move_delivery
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Delivery, Run, new_id
from exports_app.services.runs import entitlement, lease
from exports_app.services.runs.lease import LeaseLost, Leases
from exports_app.services.tenants.quotas import Quotas

MESSAGE_IDS = uuid.UUID("6f3c6f6e-8a59-4b0e-9d0f-3f6f0f7f5d61")
"""Namespace of the Message-IDs: a delivery has the same id at every attempt."""


class RunDeliveries:
    """Each method raises LeaseLost."""

    def __init__(self, store: Store, quotas: Quotas, leases: Leases) -> None:
        self._store = store
        self._quotas = quotas
        self._leases = leases

    def plan(self, run: Run, channel: str) -> list[Delivery]:
        """One delivery per recipient, with those of earlier attempts."""
        with self._store.write() as tx:
            lease.require(tx, run)
            existing = tx.deliveries.of_runs([run.id]).get(run.id, [])
            planned = {d.target for d in existing if d.channel == channel}
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
            if again:
                lease.require(tx, run)
            elif not tx.run_queue.begin_message(run.id, lease.token(run)):
                raise LeaseLost
            values: dict[str, Any]
            if refused := entitlement.refusal(tx, run, delivery.target):
                status, reason = refused
                values = {"status": move_delivery(pending, status), "error": reason}
            else:
                sending = move_delivery(pending, DeliveryStatus.SENDING)
                values = {"status": sending, "sent_as": form.mode, "sent_size": form.size}
                if not again:
                    values["attempts"] = delivery.attempts + 1
                    self._quotas.count_message(tx, run)
                if delivery.status is DeliveryStatus.UNKNOWN:
                    values["resends"] = delivery.resends + 1
            tx.deliveries.change(delivery, values)
        self._leases.publish(run)
        return replace(delivery, **values)

    def move(self, run: Run, delivery: Delivery, to: DeliveryStatus, **values: Any) -> Delivery:
        """Write a delivery's next state."""
        values["status"] = move_delivery(delivery.status, to)
        with self._store.write() as tx:
            # Waits for a transaction that is ending the run, and then raises LeaseLost
            lease.require(tx, run)
            tx.deliveries.change(delivery, values)
        self._leases.publish(run)
        return replace(delivery, **values)


def message_id(run: Run, channel: str, target: str) -> str:
    return str(uuid.uuid5(MESSAGE_IDS, f"{run.id}/{channel}/{target.lower()}"))
