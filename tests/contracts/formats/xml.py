"""XML by lxml."""

from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from exports_app.domain.table import Column
from tests.contracts.tables import Reader, Sheet, from_text, xml_chars

PROMISED = ("XML", "application/xml", "xml")


def read_xml(path: Path, columns: Sequence[Column]) -> Sheet:
    root = etree.parse(path).getroot()
    assert root.tag == "export"
    header = [c.key for c in columns]
    rows = []
    for row in root:
        assert row.tag == "row"
        assert [e.tag for e in row] == header
        rows.append(tuple(from_text(c, e.text) for c, e in zip(columns, row, strict=True)))
    return Sheet(header, rows)


def xml_text(value: str) -> str | None:
    return xml_chars(value, "") or None


READERS = [Reader(read_xml, xml_text, holds=lambda character: xml_chars(character) == character)]
