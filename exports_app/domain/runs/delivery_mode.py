"""Delivery modes: a file is attached, attached as ZIP, or sent as a link."""

from enum import StrEnum

LINE = 57
"""Bytes encoded in a line of 76 characters (RFC 2045, 6.8), which CRLF follows."""


class DeliveryMode(StrEnum):
    """The setting of a schedule. AUTO chooses by size; a run uses one of the other three."""

    AUTO = "auto"
    ATTACH = "attach"
    ZIP = "zip"
    LINK = "link"


_LARGEST_FIRST = (DeliveryMode.ATTACH, DeliveryMode.ZIP, DeliveryMode.LINK)


def modes_before(mode: str | None) -> tuple[DeliveryMode, ...]:
    """Those with larger messages, which AUTO tries first; none where there is no mode yet, or one
    that this version does not know."""
    known = [*_LARGEST_FIRST]
    return _LARGEST_FIRST[: known.index(DeliveryMode(mode))] if mode in known else ()


def mode_after(mode: DeliveryMode) -> DeliveryMode:
    """The one with the next smaller message; after a link, a link."""
    return _LARGEST_FIRST[min(_LARGEST_FIRST.index(mode) + 1, len(_LARGEST_FIRST) - 1)]


def encoded(size: int) -> int:
    """Bytes that an attachment of `size` bytes takes in a message."""
    lines, rest = divmod(size, LINE)
    return lines * 78 + ((rest + 2) // 3 * 4 + 2 if rest else 0)
