"""Every mail of the app keeps to the rules of mail: for Python's parser, and for a strict one."""

from email import message_from_bytes
from email.errors import NonASCIILocalPartDefect, UndecodableBytesDefect
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import NotificationKind, Tenant
from exports_app.wiring import Services
from tests.integration.delivery.mails.samples import NASTY, every_mail
from tests.mailserver import MailServer
from tests.mime_checker import faults, parameters

CONTENT = b"id,name\r\n1,Z\xc3\xbcrich\r\n.\r\n" + bytes(range(256)) * 9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


BY_NATURE = (NonASCIILocalPartDefect, UndecodableBytesDefect)
"""What the parser says of UTF-8 in an address, which RFC 6532 allows."""


def defects(raw: bytes) -> list[Any]:
    """Of all parts and headers, by Python's parser."""
    message = message_from_bytes(raw, policy=default)
    found: list[Any] = []
    for part in message.walk():
        found += part.defects
        for name, header in part.items():
            international = name == "To" and not str(header).isascii()
            found += [
                defect
                for defect in header.defects
                if not (international and isinstance(defect, BY_NATURE))
            ]
        if not part.is_multipart():
            part.get_content()
            found += part.defects
    return found


@pytest.mark.parametrize("name", NASTY)
def test_parses_without_a_defect(name: str, file: Path) -> None:
    kinds = set[str]()
    for what, raw in every_mail(NASTY[name], file):
        assert faults(raw) == [], what
        assert defects(raw) == [], what
        kinds.add(what.rpartition(" ")[0])
    assert len(kinds) == 6 + len(NotificationKind) + 2


@pytest.mark.parametrize("name", NASTY)
def test_says_the_same_to_both_parsers(name: str, file: Path) -> None:
    for what, raw in every_mail(NASTY[name], file):
        message = message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)
        assert message["Bcc"] is None
        assert len(message["To"].addresses) == len(message["From"].addresses) == 1
        attached = list(message.iter_attachments())
        names = parameters(raw, "Content-Disposition", "filename")
        assert [part.get_filename() for part in attached] == names, what
        assert all(part.get_payload(decode=True) == CONTENT for part in attached)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (lambda raw: raw.replace(b"\r\n", b"\n", 1), "a CR or LF stands alone"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: " + b"x" * 1000), "a line of"),
        (lambda raw: raw.replace(b"\nTo: ", b"\nTo: a@example.com\r\nTo: "), "to stands there 2"),
        (lambda raw: raw.replace(b"Date: Mon", b"Date: Tue"), "another day of the week"),
        (lambda raw: raw.replace(b"From: ", b"From: Lee, Ann <"), "not one address"),
        (lambda raw: raw.replace(b"Message-ID: <", b"Message-ID: "), "no message id"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: =?utf-8?b?w?= "), "decodes to no text"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: =?utf-8?q?=C3?= "), "decodes to no text"),
        (lambda raw: raw.replace(b"--\r\n", b"\r\n"), "the last boundary"),
        (lambda raw: raw.replace(b"MIME-Version: 1.0\r\n", b""), "mime-version stands there 0"),
        (lambda raw: raw.replace(b"filename=", b"filename=x; filename="), "twice"),
        (lambda raw: raw.replace(b"quoted-printable", b"7bit"), "the encoding '7bit'"),
        (lambda raw: raw.replace(b"<html lang=3D", b"<html lang="), "wrong quoted-printable"),
    ],
)
def test_the_strict_parser_finds_what_is_wrong(broken: Any, fault: str, file: Path) -> None:
    whole = dict(every_mail(NASTY["plain"], file))["attached 0"]
    assert faults(whole) == []
    changed = broken(whole)
    assert changed != whole
    assert any(fault in found for found in faults(changed)), faults(changed)


def test_an_invitation_parses_without_a_defect(
    services: Services, admin: Principal, acme: Tenant, mail: MailServer
) -> None:
    services.tenants.update(admin, acme.id, {"name": "Acme “שלום”, Größe & Co. 🎉"})
    services.invitations.invite(admin, acme.id, "new@bücher.example", "viewer")
    services.account_messages.send_due()
    (received,) = mail.wait_for(1)
    assert received.raw.count(b"\r\n") > 10
    assert faults(received.raw) == []
    assert defects(received.raw) == []
