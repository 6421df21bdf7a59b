"""Text as the cells of an Excel file can hold it."""

import re
from typing import Any
from unicodedata import east_asian_width

from openpyxl.cell.rich_text import CellRichText
from openpyxl.xml.constants import XML_NS
from openpyxl.xml.functions import Element, SubElement

from exports_app.formats._cells import NOT_XML

MAX_TEXT = 32_767
"""What a cell can hold, in UTF-16 code units."""

_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""The beginning of what readers take for an escaped character, ``_x0041_`` (ECMA-376 part 1, 22.9.2.19)."""


class Verbatim(CellRichText):  # type: ignore[misc]  # openpyxl has no types
    """Runs of text that keep their white space whichever XML library openpyxl found; it drops text of white space alone."""

    def to_tree(self) -> Any:
        tree = Element("is")
        for run in self:
            text = SubElement(SubElement(tree, "r"), "t")
            text.text = run
            text.set(f"{{{XML_NS}}}space", "preserve")
        return tree


def as_text(value: str) -> str | Verbatim:
    """The text as a cell's value: nothing that Excel cannot hold, read back the same by every reader."""
    clean = value.replace("\r\n", "\n").replace("\r", "\n").translate(NOT_XML)
    clean = _cut(clean)
    if "_x" in clean and _ESCAPE.search(clean):
        return Verbatim(_ESCAPE.sub("_\0", clean).split("\0"))  # an escape never spans two runs
    return Verbatim([clean]) if clean.isspace() else clean


def _cut(value: str) -> str:
    if 2 * len(value) <= MAX_TEXT:
        return value
    units = value.encode("utf-16-le")
    if len(units) <= 2 * MAX_TEXT:
        return value
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def shown_width(value: str) -> int:
    """How wide the longest line of a text is, in characters; East Asian ones count twice."""
    return max((sum(2 if east_asian_width(c) in "WF" else 1 for c in line) for line in value.splitlines()), default=0)
