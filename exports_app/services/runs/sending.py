"""What a worker writes about the deliveries of its run while it sends the file."""

import uuid
from dataclasses import replace
from typing import Any

from exports_app.domain.runs.states import DeliveryStatus, move_delivery
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Delivery, Run, new_id
from exports_app.services.runs import entitlement, lease
from exports_app.services.runs.lease import LeaseLost, Leases
from exports_app.services.tenants.quotas import Quotas

MESSAGE_IDS = uuid.UUID("6f3c6f6e-8a59-4b0e-9d0f-3f6f0f7f5d61")
"""Namespace of the Message-IDs: one delivery, one id, however often it is tried."""


class RunDeliveries:
    """Each method raises LeaseLost."""

    def __init__(self, store: Store, quotas: Quotas, leases: Leases) -> None:
        self._store = store
        self._quotas = quotas
        self._leases = leases

    def plan(self, run: Run, channel: str) -> list[Delivery]:
        """One delivery per recipient; those of an earlier attempt are found again."""
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
                    _message_id(run, channel, target),
                )
                for target in run.recipients
                if target not in planned
            )
            return tx.deliveries.of_runs([run.id])[run.id]

    def reserve(self, run: Run, count: int) -> None:
        """Before the first of so many messages. Raises RunError when the tenant may not send them
        today, MessagesReserved when it may once other runs leave some."""
        with self._store.write() as tx:
            self._quotas.reserve_messages(tx, run, count)
            lease.require(tx, run)

    def begin(self, run: Run, delivery: Delivery) -> Delivery:
        """Write that a message is about to be sent: sending. Or that it must not be any more, and
        why: skipped or failed. What its schedule and its tenant say in this moment counts, not what
        they said when the run was made or its attempt began."""
        pending = DeliveryStatus.PENDING
        if delivery.status is not pending:
            move_delivery(delivery.status, pending)
        with self._store.write() as tx:
            if not tx.run_queue.begin_message(run.id, lease.token(run)):
                raise LeaseLost
            values: dict[str, Any]
            if refused := entitlement.refusal(tx, run, delivery.target):
                status, reason = refused
                values = {"status": move_delivery(pending, status), "error": reason}
            else:
                sending = move_delivery(pending, DeliveryStatus.SENDING)
                values = {"status": sending, "attempts": delivery.attempts + 1}
                self._quotas.count_message(tx, run)
            tx.deliveries.change(delivery, values)
        self._leases.publish(run)
        return replace(delivery, **values)

    def move(self, run: Run, delivery: Delivery, to: DeliveryStatus, **values: Any) -> Delivery:
        """Write a delivery's next state."""
        values["status"] = move_delivery(delivery.status, to)
        with self._store.write() as tx:
            # Waits for whoever ends the run in this moment, and then sees that it was ended
            lease.require(tx, run)
            tx.deliveries.change(delivery, values)
        self._leases.publish(run)
        return replace(delivery, **values)


def _message_id(run: Run, channel: str, target: str) -> str:
    return str(uuid.uuid5(MESSAGE_IDS, f"{run.id}/{channel}/{target.lower()}"))
