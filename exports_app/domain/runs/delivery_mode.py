"""Delivery modes: a file is attached, attached as ZIP, or sent as a link."""

from dataclasses import dataclass
from enum import StrEnum


class DeliveryMode(StrEnum):
    """The setting of a schedule. AUTO chooses by size; a run uses one of the other three."""

    AUTO = "auto"
    ATTACH = "attach"
    ZIP = "zip"
    LINK = "link"


FILE = "file"
"""How a destination gets a file itself, in place of a delivery mode."""


@dataclass(frozen=True)
class MessageForm:
    """How a delivery brings the file. mode: a DeliveryMode or FILE. size: bytes of the attachment
    or the file; None for a link."""

    mode: str
    size: int | None


_LARGEST_FIRST = (DeliveryMode.ATTACH, DeliveryMode.ZIP, DeliveryMode.LINK)


def modes_before(mode: str | None) -> tuple[DeliveryMode, ...]:
    """Those with larger messages, which AUTO tries first; none where there is no mode yet, or one
    that this version does not know."""
    known = [*_LARGEST_FIRST]
    return _LARGEST_FIRST[: known.index(DeliveryMode(mode))] if mode in known else ()


def mode_after(mode: DeliveryMode) -> DeliveryMode:
    """The one with the next smaller message; after a link, a link."""
    return _LARGEST_FIRST[min(_LARGEST_FIRST.index(mode) + 1, len(_LARGEST_FIRST) - 1)]
