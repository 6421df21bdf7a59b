"""Workbooks as Excel saves them, and as others make them to harm."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook

HEADER = ("campaign_name", "currency", "date", "clicks", "spend")
DAY = date(2026, 11, 1)
SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: Sequence[Sequence[Any]], edit: Callable[[Any], None] = lambda _: None) -> bytes:
    """A workbook with the rows in its first sheet, "Data". edit: changes it before it is saved."""
    book = Workbook()
    book.active.title = "Data"
    for row in rows:
        book.active.append(row)
    edit(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def replaced(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with other text in one of its parts."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            text = source.read(name)
            if name == part:
                assert old in text
                text = text.replace(old, new)
            target.writestr(name, text)
    return changed.getvalue()


def blown_up(content: bytes, megabytes: int) -> bytes:
    """The workbook with so many blanks more in its first sheet, which pack to nearly nothing."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            with target.open(name, "w") as part:
                part.write(source.read(name))
                if name == SHEET:
                    for _ in range(megabytes):
                        part.write(b" " * 1_000_000)
    return changed.getvalue()
