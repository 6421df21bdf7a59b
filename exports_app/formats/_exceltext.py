"""Text in the form for cells of an Excel file."""

import re
from html import escape
from unicodedata import east_asian_width

from exports_app.formats._cells import NOT_XML

MAX_TEXT = 32_767
"""The longest text of a cell, in UTF-16 code units."""

_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""The beginning of text that readers take for an escaped character, such as ``_x0041_`` (ECMA-376
part 1, 22.9.2.19)."""
_NEEDED = re.compile(r"^\s|\s$|\n")
"""White space that a reader may drop unless it is told not to."""


def inline(value: str) -> str:
    """The text as an inline string (ECMA-376 part 1, 18.3.1.53): ``<is>…</is>``, which every reader
    returns unchanged. Characters that Excel cannot contain become U+FFFD; CR and CRLF become its
    own line break LF."""
    clean = _cut(value.replace("\r\n", "\n").replace("\r", "\n").translate(NOT_XML))
    if "_x" in clean and _ESCAPE.search(clean):
        # An escape never spans two runs of text
        runs = _ESCAPE.sub("_\0", clean).split("\0")
        return f"<is>{''.join(f'<r>{_text(run)}</r>' for run in runs)}</is>"
    return f"<is>{_text(clean)}</is>"


def _text(value: str) -> str:
    space = ' xml:space="preserve"' if _NEEDED.search(value) else ""
    return f"<t{space}>{escape(value, quote=False)}</t>"


def _cut(value: str) -> str:
    if 2 * len(value) <= MAX_TEXT:
        return value
    units = value.encode("utf-16-le")
    if len(units) <= 2 * MAX_TEXT:
        return value
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def shown_width(value: str) -> int:
    """How wide the longest line of a text is, in characters; East Asian ones count twice."""
    return max(
        (sum(2 if east_asian_width(c) in "WF" else 1 for c in line) for line in value.splitlines()),
        default=0,
    )
