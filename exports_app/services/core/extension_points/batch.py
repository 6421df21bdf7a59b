"""The deliveries of one run, as a channel gets them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from exports_app.domain.errors import DeliveryError
from exports_app.domain.runs.delivery_mode import DeliveryMode, MessageForm
from exports_app.services.core.extension_points.destinations import Receipt
from exports_app.services.core.extension_points.messages import Attachment, Report

if TYPE_CHECKING:  # a process that makes a file imports this package, and needs no records
    from exports_app.services.core.records import Delivery


class OtherForm(DeliveryError):
    """The message was refused in this form, and is sent in another one in the same attempt."""

    permanent = False

    def __init__(self, message: str, sent_as: DeliveryMode) -> None:
        """sent_as: the form to go on with, also after a stop."""
        super().__init__(message)
        self.sent_as = sent_as


class Batch(Protocol):
    """The deliveries of one run that are due through one channel."""

    deliveries: Sequence["Delivery"]
    file: Attachment
    """The finished file."""
    mode: DeliveryMode
    """How the schedule wants the file to be sent."""
    most_attached: int
    """Bytes that AUTO may attach, in the encoding of the message."""

    def check(self) -> None:
        """To be called a few times a second while the channel waits, in the thread that sends. If
        it raises, nothing more may be sent. `attempt` calls it first."""

    def draft(self) -> AbstractContextManager[Path]:
        """A path for a file that is removed at the end."""

    def report(
        self,
        form: MessageForm,
        zipped: Attachment | None,
        deliveries: Sequence["Delivery"],
    ) -> Report:
        """The content of the messages of these deliveries, in this form. Also notes on the run how
        it is sent."""

    def attempt(
        self,
        delivery: "Delivery",
        form: MessageForm,
        send: Callable[[], Receipt | None],
        *,
        again: bool = False,
    ) -> "Delivery":
        """Make one delivery, and note its result: what `send` raises goes no further, since the
        others must be made too. `send` is not called where the delivery must not be made any more.
        Returns the delivery as it is now.

        send: returns what is to be noted of a success. Raises DeliveryError with the other side's
        answer, DeliveryUnknown where the file may have arrived nevertheless, OtherForm where the
        channel goes on with another form. again: in place of a message of this attempt that was
        refused in another form.
        """
