"""Whatever a name or a text of allowed length holds, files and messages with it are made in no
time."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from exports_app import wiring
from exports_app.channels import _mailbox_address, _report_body
from exports_app.channels._email_message import MailMessage
from exports_app.channels._one_line import one_line
from exports_app.domain.table import Table
from exports_app.domain.timing.period import Window
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Tenant
from exports_app.services.runs.export_context import Export
from exports_app.services.schedules.filters import Filters
from tests.inputs import PATTERNS, cpu

wiring.load_plugins()
AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
SENDER = _mailbox_address.parse("reports@example.com")
EACH = pytest.mark.parametrize("what", PATTERNS)
SECONDS = 0.5
"""Of CPU, for one file or message."""


def export(name: str) -> Export:
    tenant = Tenant("t", name, "acme", "#1D4ED8", "https://example.com/" + "x" * 1_900)
    return Export(
        tenant, name, "campaigns", "csv", "UTC", Filters(), Window(date(2026, 1, 1), None), AT
    )


@pytest.fixture(scope="module", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Templates and the like, which the first message makes for all."""
    written(export("Usual"), tmp_path_factory.mktemp("first"))


def written(one: Export, folder: Path) -> bytes:
    file = folder / "file.csv"
    file.write_bytes(b"a,b\r\n")
    letter = MailMessage(one.report(file, one.file_name(), 5, 1), SENDER)
    return b"".join(letter.to(_mailbox_address.parse("ann@example.com"), "a-message", AT))


@EACH
def test_a_message_is_made_in_no_time(what: str, tmp_path: Path) -> None:
    one = export(PATTERNS[what](200))
    with cpu() as spent:
        content = written(one, tmp_path)
    assert spent.seconds < SECONDS
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))  # RFC 5322, 2.1.1


@EACH
def test_a_file_name_is_made_in_no_time(what: str) -> None:
    with cpu() as spent:
        name = export(PATTERNS[what](200)).file_name()
    assert spent.seconds < SECONDS
    assert len(name.encode()) <= 251  # with .zip it is one that file systems take


@EACH
@pytest.mark.parametrize("key", FORMATS.keys())
def test_a_file_of_such_texts_is_made_in_no_time(key: str, what: str, tmp_path: Path) -> None:
    columns = EXPORT_TYPES["campaigns"].columns()
    text = PATTERNS[what](200)
    values: dict[str, Any] = {"campaign_name": text, "channel": text[:100], "status": text[:50]}
    chunk = [[values.get(column.key)] * 100 for column in columns]
    with cpu() as spent:
        FORMATS[key].write(Table(columns, iter([chunk])), tmp_path / "file")
    assert spent.seconds < 4 * SECONDS


def test_nothing_in_a_message_turns_the_direction_of_what_stands_beside_it(tmp_path: Path) -> None:
    """A name that was stored before such characters were refused."""
    one = export("Report \u202efdp.exe\u2066")
    content = written(one, tmp_path).decode()
    page = _report_body.page(one.report(tmp_path / "file.csv", "file.csv", 5, 1))
    for turn in map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]):
        assert turn not in one_line(f"a{turn}b") + page
        assert turn not in content
    assert "<bdi>Report fdp.exe</bdi></h1>" in page
