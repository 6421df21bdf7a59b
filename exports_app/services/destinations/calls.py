"""Calls of channels: errors of the network as those of a delivery."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.outbound.errors import NoAnswer, Refused, Unreachable

STOPPED = "it was stopped while it was being delivered"


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
