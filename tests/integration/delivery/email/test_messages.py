"""A message: addresses, headers and the file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exports_app.services.core.extension_points import Note, Report
from tests.integration.delivery.email.messages import (
    CONTENT,
    ME,
    attachment,
    channel_to,
    message,
    send,
)
from tests.mailserver import MailServer, mail_server

CREATED = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
NOTE = Note("Acme", "#1D4ED8", None, "Weekly", "“Weekly” failed", "", [], "", "", CREATED)


def test_international_domains_travel_in_punycode(report: Report, server: MailServer) -> None:
    found = message(server, report, "ann@bücher.example")
    assert found["To"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"
    assert server.messages[0].rcpt_tos == ["ann@xn--bcher-kva.example"]
    assert server.messages[0].options == [
        o for o in server.messages[0].options if o.startswith("SIZE=")
    ]


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("ann@corp.local", "ann@corp.local"),
        ("ann@intranet", "ann@intranet"),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("ann@[IPv6:2001:db8::1]", "ann@[IPv6:2001:db8::1]"),
        ('"a b"@x.example', '"a b"@x.example'),
        ('"a@b, <c>"@x.example', '"a@b, <c>"@x.example'),
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ("ab.@docomo.ne.jp", '"ab."@docomo.ne.jp'),
    ],
)
def test_unusual_addresses_travel_as_rfc_5321_writes_them(
    report: Report, server: MailServer, address: str, sent: str
) -> None:
    found = message(server, report, address, from_=f"Reports <{address}>")
    assert f"To: {sent}\r\n".encode() in server.messages[0].raw
    assert f"From: Reports <{sent}>\r\n".encode() in server.messages[0].raw
    assert found["To"].defects == found["From"].defects == ()
    told = channel_to(server).test(address, "test", NOTE).dialogue
    assert any(line.startswith(f"C: RCPT TO:<{sent}>") for line in told)


def test_international_mailboxes_use_the_servers_extension(
    report: Report, server: MailServer
) -> None:
    found = message(server, report, "jörg@example.com")
    assert server.messages[0].rcpt_tos == ["jörg@example.com"]
    assert "SMTPUTF8" in server.messages[0].options
    assert "To: jörg@example.com\r\n".encode() in server.messages[0].raw
    assert attachment(found).get_payload(decode=True) == CONTENT


def test_international_mailboxes_are_refused_clearly_by_a_server_without_the_extension(
    report: Report,
) -> None:
    with mail_server(smtputf8=False) as server:
        refused, fine = send(channel_to(server), report, "jörg@example.com", "ann@example.com")
    assert refused is not None
    assert refused.permanent
    assert "ASCII" in refused.message
    assert fine is None


def test_the_senders_name_is_shown(report: Report, server: MailServer) -> None:
    found = message(server, report, from_="Müller, Söhne & Co. <reports@example.com>")
    assert found["From"].addresses[0].display_name == "Müller, Söhne & Co."
    assert server.messages[0].mail_from == "reports@example.com"


def test_headers_say_who_when_and_that_a_machine_wrote(report: Report, server: MailServer) -> None:
    found = message(server, report)
    assert found["Subject"] == "Weekly campaigns – 16 Nov 2026 - 22 Nov 2026"
    assert str(found["From"]) == ME
    assert str(found["To"]) == "ann@example.com"
    assert found["Message-ID"] == "<delivery-0@example.com>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert found.defects == []


def test_only_the_date_of_an_attempt_is_its_own(report: Report, server: MailServer) -> None:
    """Two days later the same message would be filed as old, or as junk, by its date."""
    now = datetime(2026, 11, 23, 10, 0, 5, 999_999, tzinfo=ZoneInfo("Europe/Berlin"))
    for at in (now, now + timedelta(days=2)):
        send(channel_to(server, clock=lambda at=at: at), report, "ann@example.com")
    first, second = server.wait_for(2)
    assert b"Date: Mon, 23 Nov 2026 09:00:05 +0000\r\n" in first.raw
    assert b"Date: Wed, 25 Nov 2026 09:00:05 +0000\r\n" in second.raw
    assert second.raw == first.raw.replace(b"Mon, 23", b"Wed, 25", 1)


def test_a_notice_has_the_date_of_its_attempt(server: MailServer) -> None:
    later = CREATED + timedelta(days=2)
    channel_to(server, clock=lambda: later).notify("ann@example.com", "notice-1", NOTE)
    (received,) = server.wait_for(1)
    assert received.message["Date"].datetime == later


def test_the_same_delivery_has_the_same_message_id_in_every_attempt(
    report: Report, server: MailServer
) -> None:
    for _ in range(2):
        send(channel_to(server), report, "ann@example.com", "bob@example.com")
    ids = [m.message["Message-ID"] for m in server.wait_for(4)]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_a_message_id_cannot_carry_anything_else(report: Report, server: MailServer) -> None:
    with channel_to(server).open(report, lambda: None) as sender:
        for bad in ("a b", "a@b", "a>\r\nBcc: x@example.com", ""):
            with pytest.raises(ValueError, match="message id"):
                sender.send("ann@example.com", bad)
    assert server.messages == []


def test_the_message_is_text_html_and_the_file(report: Report, server: MailServer) -> None:
    found = message(server, report)
    assert [p.get_content_type() for p in found.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/csv",
    ]
    assert {p.get_content_charset() for p in found.walk() if not p.is_multipart()} == {"utf-8"}
    assert server.messages[0].raw.isascii()


@pytest.mark.parametrize(
    "mime",
    [
        "text/csv; charset=utf-8",
        "application/json",
        "application/xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
)
def test_the_file_arrives_byte_for_byte_with_its_type(
    report: Report, server: MailServer, mime: str
) -> None:
    part = attachment(message(server, replace(report, mime=mime)))
    assert part.get_content_type() == mime.split(";", maxsplit=1)[0]
    assert part.get_content_disposition() == "attachment"
    assert part.get_filename() == report.file_name
    assert part.get_payload(decode=True) == CONTENT


def test_a_file_name_in_any_script_is_encoded_as_rfc_2231_says(
    report: Report, server: MailServer
) -> None:
    name = "bücher_週報_" + "weekly-report_" * 8 + ".csv"
    found = message(server, replace(report, file_name=name))
    assert attachment(found).get_filename() == name
    assert b"filename*0*=utf-8''b%C3%BCcher" in server.messages[0].raw
    assert attachment(found).get_param("name").startswith("bucher_")  # for programs without that


def test_a_subject_in_any_script_arrives_whole(report: Report, server: MailServer) -> None:
    name = "Еженедельный отчёт о рекламных кампаниях и 週報 🎉 " * 3
    assert (
        message(server, replace(report, export_name=name))["Subject"] == f"{name}– {report.window}"
    )


@pytest.mark.parametrize(
    "evil",
    [
        "Acme\r\nBcc: thief@example.com",
        "Acme\nX-Evil: 1\n\nbody",
        "Acme\x00\x0b\x0c\x85\u2028Bcc: x",
    ],
)
def test_names_cannot_add_headers(report: Report, server: MailServer, evil: str) -> None:
    forged = replace(report, tenant_name=evil, export_name=evil, window=evil, file_name=evil)
    found = message(server, forged)
    assert found["Bcc"] is None
    assert found["X-Evil"] is None
    assert found["Subject"].count("Acme") == 2
    assert server.messages[0].rcpt_tos == ["ann@example.com"]
    assert attachment(found).get_payload(decode=True) == CONTENT
    assert [p.get_content_type() for p in found.walk()][-1] == "text/csv"
