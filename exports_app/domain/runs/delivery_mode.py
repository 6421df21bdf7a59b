"""The ladder: how a file goes to its recipients. A small one attached, a larger one as ZIP, a large
one as a link."""

from enum import StrEnum

LINE = 57
"""Bytes that make a line of 76 characters (RFC 2045, 6.8), with CRLF after it."""


class DeliveryMode(StrEnum):
    """What a schedule may say. A run has taken one of the last three."""

    AUTO = "auto"
    ATTACH = "attach"
    ZIP = "zip"
    LINK = "link"


def encoded(size: int) -> int:
    """Bytes that an attachment of `size` bytes takes in a message."""
    lines, rest = divmod(size, LINE)
    return lines * 78 + ((rest + 2) // 3 * 4 + 2 if rest else 0)
