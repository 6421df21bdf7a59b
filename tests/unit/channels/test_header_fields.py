"""Header fields: folded within the limits, and read back as they were by Python's parser."""

from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest

from exports_app.channels import _header_fields
from exports_app.channels._header_fields import date, mailbox, text, token, with_parameters
from exports_app.channels._mailbox_address import Mailbox

LONG_NAME = (
    "Federal Institute for Occupational Safety and Health, Department of Campaigns and Reports"
)
NAMES = [
    "Reports",
    "Müller, Söhne & Co.",
    LONG_NAME,
    f"{LONG_NAME}, " * 3 + "end",
    'Say "hello" \\ there',
    "Reports (all)",
    "a@b.example",
    "=?utf-8?q?forged?=",
    "x" * 300,
    f"{'x' * 80} and, more",
    "Отдел отчётов о рекламных кампаниях, 週報 🎉👩‍👩‍👧 " * 5 + "end",
    "Two  spaces",
    "שבועי!",
    "Ann\r\nBcc: thief@example.com",
    "a < b > c; d: e",
    "trailing.",
]


def parsed(field: bytes) -> EmailMessage:
    message: Any = message_from_bytes(field + b"\r\n", policy=default)
    assert message.defects == []
    for value in message.values():
        assert value.defects == ()
    return message


def assert_folded(field: bytes) -> list[bytes]:
    assert field.endswith(b"\r\n")
    lines = field[:-2].split(b"\r\n")
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])
    assert lines[0].split(b":")[1].strip()
    for line in lines:
        assert len(line) <= (76 if b"=?" in line else 78)
    return lines


@pytest.mark.parametrize("name", NAMES)
def test_a_name_keeps_to_one_address(name: str) -> None:
    field = mailbox("From", Mailbox("reports", "example.com", name))
    assert_folded(field)
    assert field.isascii()
    written, address = parseaddr(field.decode().replace("\r\n", "").removeprefix("From: "))
    assert address == "reports@example.com"
    assert str(make_header(decode_header(written))) == name
    if "\r" not in name:  # which Python's parser refuses to return
        (read,) = parsed(field)["From"].addresses
        assert read.addr_spec == address
        # Older ones put a space between two encoded words
        assert read.display_name.replace(" ", "") == name.replace(" ", "")


def test_a_long_name_keeps_its_quotes() -> None:
    field = mailbox("From", Mailbox("reports", "example.com", LONG_NAME))
    assert field == (
        b'From: "Federal Institute for Occupational Safety and Health, Department of\r\n'
        b' Campaigns and Reports" <reports@example.com>\r\n'
    )


@pytest.mark.parametrize(
    ("box", "written"),
    [
        (Mailbox("ann", "example.com"), "ann@example.com"),
        (Mailbox("ann", "example.com", "Ann Lee"), "Ann Lee <ann@example.com>"),
        (Mailbox("ann", "example.com", "Lee, Ann"), '"Lee, Ann" <ann@example.com>'),
        (Mailbox('"a b"', "example.com"), '"a b"@example.com'),
        (Mailbox("a b", "example.com"), '"a b"@example.com'),
        (Mailbox("a..b", "docomo.ne.jp"), '"a..b"@docomo.ne.jp'),
        (Mailbox("ann", "[192.0.2.1]"), "ann@[192.0.2.1]"),
        (Mailbox("jörg", "xn--bcher-kva.example"), "jörg@xn--bcher-kva.example"),
        (Mailbox("jörg", "example.com", "Jörg"), "=?utf-8?q?J=C3=B6rg?= <jörg@example.com>"),
    ],
)
def test_addresses_are_written_as_rfc_5322_says(box: Mailbox, written: str) -> None:
    assert mailbox("To", box) == f"To: {written}\r\n".encode()


def test_an_address_longer_than_a_line_stands_alone() -> None:
    address = Mailbox("a" * 64, "b" * 60 + "." + "c" * 60 + ".example", "A name, with a comma")
    first, second = mailbox("To", address)[:-2].split(b"\r\n")
    assert first == b'To: "A name, with a comma"'
    assert second == f" <{address.address}>".encode()


@pytest.mark.parametrize("value", [*NAMES, "Weekly – 16 Nov 2026", "a " * 400 + "b"])
def test_text_arrives_as_it_was(value: str) -> None:
    field = text("Subject", value)
    assert_folded(field)
    assert field.isascii()
    read = parsed(field)["Subject"]
    assert read == value or ("\r" in value and read.replace("\n", "") == value.replace("\r\n", ""))


@pytest.mark.parametrize("value", NAMES)
def test_no_encoded_word_splits_a_character(value: str) -> None:
    for line in text("Subject", value).decode().replace("Subject:", "").split("\r\n"):
        for word in line.split():
            if word.startswith("=?"):
                assert len(word) <= _header_fields.ENCODED_WORD
                parsed(f"Subject: {word}\r\n".encode())  # a split one would be a defect


def test_plain_text_stays_plain() -> None:
    assert text("Subject", "Weekly (all) = 100 %, <done>") == (
        b"Subject: Weekly (all) = 100 %, <done>\r\n"
    )


def test_latin_text_is_readable_and_other_scripts_are_short() -> None:
    assert (
        text("Subject", "Größe der Berichte")
        == b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe_der_Berichte?=\r\n"
    )
    assert text("Subject", "週報") == b"Subject: =?utf-8?b?6YCx5aCx?=\r\n"


def test_a_date_is_in_utc() -> None:
    at = datetime(2026, 3, 1, 0, 30, 15, 999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert date("Date", at) == b"Date: Sat, 28 Feb 2026 19:00:15 +0000\r\n"


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "ä", "a\x00", "a\tb"])
def test_a_token_holds_only_what_it_may(value: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        token("Message-ID", value)


@pytest.mark.parametrize(
    "name",
    [
        "weekly.csv",
        'a "quoted" \\ name;x=1.csv',
        "=?utf-8?q?forged?=.csv",
        "a'b%20c*.csv",
        "דוח שבועי!.xlsx",
        "週報" * 60 + ".csv",
        "weekly-" * 30 + ".csv",
        "a\r\nb.csv",
        "two  spaces.csv",
        "🎉" * 40,
    ],
)
def test_a_parameter_arrives_as_it_was(name: str) -> None:
    field = with_parameters("Content-Disposition", "attachment", filename=name)
    assert_folded(field)
    assert field.isascii()
    read = parsed(field)["Content-Disposition"]
    assert read.content_disposition == "attachment"
    assert read.params["filename"] == name
