"""Deliver the file of a run to one destination."""

from collections.abc import Sequence
from functools import partial

from exports_app.domain import humanize
from exports_app.domain.errors import DeliveryError
from exports_app.domain.runs.delivery_mode import FILE, DeliveryMode, MessageForm
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.engine.batch import RunBatch
from exports_app.outbound.guard import Guard
from exports_app.services.core.extension_points import (
    CHANNELS,
    DestinationChannel,
    FileDelivery,
    Place,
    Receipt,
    Stage,
)
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Delivery
from exports_app.services.destinations import calls
from exports_app.services.destinations.configs import stage_of
from exports_app.services.destinations.secrets import DestinationSecrets


def places(deliveries: Sequence[Delivery]) -> tuple[Place, ...]:
    """Where the stores have the file by now."""
    return tuple(
        Place(one.target, one.location)
        for one in deliveries
        if one.status is DeliveryStatus.ACCEPTED
        and one.location
        and stage_of(one.channel) is Stage.STORE
    )


class DestinationDelivery:
    def __init__(self, store: Store, secrets: DestinationSecrets, guard: Guard) -> None:
        self._store = store
        self._secrets = secrets
        self._guard = guard

    def deliver(self, batch: RunBatch, delivery: Delivery) -> Delivery:
        """One attempt. Returns the delivery as it is now."""
        channel = CHANNELS.get(delivery.channel)
        size = batch.file.size or 0
        form = MessageForm(FILE, size)
        if isinstance(channel, DestinationChannel) and _needs_link(channel, size):
            form = MessageForm(DeliveryMode.LINK, None)
        send = partial(self._send, batch, delivery, form)
        return batch.attempt(delivery, form, send)

    def _send(self, batch: RunBatch, delivery: Delivery, form: MessageForm) -> Receipt:
        with self._store.read() as tx:
            destination = tx.destinations.get(delivery.destination_id or "")
        if destination is None:  # deleted since `begin` looked
            raise DeliveryError("this destination was deleted")
        channel, config = self._secrets.channel_and_config(destination)
        _require_fit(channel, batch.file.size or 0)
        given = FileDelivery(
            config=config,
            report=batch.report(form, None, [delivery]),
            id=delivery.message_id,
            names=batch.names,
            sha256=batch.sha256,
            guard=self._guard,
            places=tuple(batch.places),
            check=calls.stopping(batch.check),
        )
        return calls.send(channel, given)


def _needs_link(channel: DestinationChannel, size: int) -> bool:
    too_large = channel.most_bytes is not None and size > channel.most_bytes
    return too_large and channel.stage is Stage.MESSAGE


def _require_fit(channel: DestinationChannel, size: int) -> None:
    """Raises DeliveryError for a store that does not take the file."""
    most = channel.most_bytes
    if channel.stage is Stage.STORE and most is not None and size > most:
        raise DeliveryError(
            f"the file is too large for {channel.label} ({humanize.size(size)}, at most"
            f" {humanize.size(most)}): choose fewer days"
        )
