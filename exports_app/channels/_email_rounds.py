"""The emails of a run, in rounds: with AUTO, what the receiving server refuses as too large is sent
as ZIP, then as a link."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from exports_app import log
from exports_app.channels._email_packaging import WAY_OUT, pack
from exports_app.domain.errors import DeliveryError, MessageTooLarge
from exports_app.domain.runs.delivery_mode import (
    DeliveryMode,
    MessageForm,
    mode_after,
    modes_before,
)
from exports_app.services.core.extension_points import Batch, OtherForm, Report
from exports_app.services.core.records import Delivery

_log = log.get(__name__)


class Sender(Protocol):
    """One open connection for one run's messages; used by one thread."""

    def send(self, target: str, message_id: str) -> None:
        """Send to one recipient; returns once the message is accepted.

        message_id: the local part of the Message-ID, the same for every attempt at this delivery.
        Raises DeliveryError with the server's answer, DeliveryUnknown where the message may have
        arrived nevertheless, MessageTooLarge where a smaller one might be accepted.
        """


Open = Callable[[Report, Callable[[], None]], AbstractContextManager[Sender]]
"""Connects lazily: an unreachable server raises DeliveryError for each message, not here. The
second argument is `Batch.check`. If it raises, `Sender.send` gives up and raises DeliveryError,
DeliveryUnknown where the message may have arrived nevertheless; never check's own exception."""


@dataclass
class _Round:
    """Messages that bring the file in the same form.

    What is refused as too large is left for a round with a smaller form; where the limit is the
    server's, all that are not sent yet are too.
    """

    form: MessageForm
    final: bool
    """There is no smaller form: a message that is too large fails."""
    refused: set[str]
    """Ids of deliveries whose messages were too large, in this round or one before."""
    left: list[Delivery] = field(default_factory=list)
    over: bool = False
    """No message of this form is accepted."""


def send_all(batch: Batch, connect: Open, most: int) -> None:
    """most: bytes of an encoded attachment. Raises RunError where the attachment is larger, and
    what the batch's `check` raises."""
    refused = set[str]()
    # Each goes on with the form that was tried last
    waiting = _by_forms_passed(batch.deliveries)
    while waiting:
        passed = min(waiting, key=len)
        group = waiting.pop(passed)
        with pack(batch, most, passed) as (mode, attached):
            form = MessageForm(mode, attached.size if attached else None)
            final = batch.mode is not DeliveryMode.AUTO or mode is DeliveryMode.LINK
            round_ = _Round(form, final, refused)
            report = batch.report(form, attached if mode is DeliveryMode.ZIP else None, group)
            with connect(report, batch.check) as sender:
                _send(batch, sender, group, round_)
        if round_.left:
            waiting.setdefault((*modes_before(mode), mode), []).extend(round_.left)


def _by_forms_passed(due: Iterable[Delivery]) -> dict[tuple[DeliveryMode, ...], list[Delivery]]:
    """Those that are not tried any more."""
    groups = dict[tuple[DeliveryMode, ...], list[Delivery]]()
    for delivery in due:
        groups.setdefault(modes_before(delivery.sent_as), []).append(delivery)
    return groups


def _send(batch: Batch, sender: Sender, group: Iterable[Delivery], round_: _Round) -> None:
    for delivery in group:
        if round_.over:
            round_.left.append(delivery)
            continue
        again = delivery.id in round_.refused
        round_.refused.discard(delivery.id)
        send = partial(_send_one, sender, delivery, round_)
        moved = batch.attempt(delivery, round_.form, send, again=again)
        if delivery.id in round_.refused:
            round_.left.append(moved)


def _send_one(sender: Sender, delivery: Delivery, round_: _Round) -> None:
    mode = DeliveryMode(round_.form.mode)
    try:
        sender.send(delivery.target, delivery.message_id)
    except MessageTooLarge as e:
        _log.warning("message too large", to=log.masked(delivery.target), final=round_.final)
        if round_.final:
            way_out = "" if mode is DeliveryMode.LINK else f": {WAY_OUT}"
            raise DeliveryError(f"{e.message}{way_out}") from e
        round_.over = e.for_all
        round_.refused.add(delivery.id)
        raise OtherForm(e.message, mode_after(mode)) from e
