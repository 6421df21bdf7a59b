"""Calls of channels: errors of the network as those of a delivery, and no secret in any text."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from exports_app import log
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.outbound.errors import NoAnswer, Refused, Unreachable
from exports_app.services.core.extension_points import (
    DestinationChannel,
    FileDelivery,
    Receipt,
    Trial,
    TrialResult,
)
from exports_app.services.destinations.redaction import Redaction

STOPPED = "it was stopped while it was being delivered"
UNEXPECTED = "an unexpected error: see the server's log"
_log = log.get(__name__)


def send(channel: DestinationChannel, delivery: FileDelivery) -> Receipt:
    """Raises as `DestinationChannel.send`."""
    redaction = Redaction(delivery.config)
    with _redacted(redaction), calling():
        receipt = channel.send(delivery)
    return replace(receipt, location=redaction.of_place(receipt.location))


def test(channel: DestinationChannel, trial: Trial) -> TrialResult:
    """Raises as `DestinationChannel.test`."""
    redaction = Redaction(trial.config)
    with _redacted(redaction), calling():
        result = channel.test(trial)
    return replace(result, answer=redaction.of_place(result.answer))


@contextmanager
def _redacted(redaction: Redaction) -> Iterator[None]:
    """The errors without secrets, also in the log."""
    try:
        yield
    except DeliveryError as e:
        e.message = redaction.of_answer(e.message)
        e.args = (e.message,)
        raise e from None  # the cause has the other side's words
    except Exception as e:
        trace = "".join(traceback.format_exception(e))
        if (shown := redaction.of_answer(trace)) == trace:
            raise
        _log.error("channel failed unexpectedly", exception=shown)
        raise DeliveryError(UNEXPECTED) from None


@contextmanager
def calling() -> Iterator[None]:
    """Raises DeliveryError for what `outbound` raises."""
    try:
        yield
    except Refused as e:
        raise DeliveryError(e.message) from e
    except NoAnswer as e:  # before Unreachable, of which it is a kind
        raise DeliveryUnknown(e.message) from e
    except Unreachable as e:
        raise DeliveryError(e.message, permanent=False) from e


def stopping(check: Callable[[], None]) -> Callable[[], None]:
    """The check for a channel, which knows no other errors than those of a delivery."""

    def checked() -> None:
        try:
            check()
        except Exception as e:  # the run is stopped or cancelled: whoever calls next gets to know
            raise DeliveryError(STOPPED, permanent=False) from e

    return checked
