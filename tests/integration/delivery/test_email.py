"""Email through a real SMTP server, and what a message says."""

import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import SecretStr

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain import humanize
from exports_app.domain.colors import readable_on
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.services.core.extension_points import CHANNELS, Report
from exports_app.settings import SettingsError
from tests.mailserver import HOST, MailServer, mail_server

CONTENT = "id,name\r\n1,Zürich\n2,\u2028\r\n.\r\n".encode() + bytes(range(256)) * 300
ME, PASSWORD = "reports@example.com", "p4ss wörd"


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    return Report(
        tenant_name="Acme",
        brand_color="#1D4ED8",
        logo_url="https://cdn.example.com/logo.png",
        export_name="Weekly campaigns",
        type_label="Campaign totals",
        format_label="CSV",
        window="16 Nov 2026 - 22 Nov 2026",
        timezone="Europe/Berlin",
        created_at=datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC),
        record_count=1234567,
        file_path=file,
        file_name="acme_weekly-campaigns.csv",
        file_size=1_234_567,
        mime="text/csv; charset=utf-8",
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def channel_to(
    server: MailServer, *, trusted: bool = True, user: str = "", password: str = "", from_: str = ME
) -> EmailChannel:
    smtp = SmtpSettings(
        host=server.host,
        port=server.port,
        tls=server.tls,
        user=user,
        password=SecretStr(password),
        from_=from_,
    )
    return EmailChannel(smtp, tls_context=server.trust() if trusted and server.ca else None)


def send(channel: EmailChannel, report: Report, *targets: str) -> list[DeliveryError | None]:
    """One run: an error or None for each recipient, in order."""
    results: list[DeliveryError | None] = []
    with channel.open(report) as sender:
        for number, target in enumerate(targets):
            try:
                sender.send(target, f"delivery-{number}")
                results.append(None)
            except DeliveryError as e:
                results.append(e)
    return results


def failure(
    channel: EmailChannel, report: Report, target: str = "ann@example.com"
) -> DeliveryError:
    (error,) = send(channel, report, target)
    assert error is not None
    return error


def message(
    server: MailServer, report: Report, target: str = "ann@example.com", **settings: str
) -> EmailMessage:
    assert send(channel_to(server, **settings), report, target) == [None]
    return server.wait_for(1)[-1].message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def attachment(message: EmailMessage) -> EmailMessage:
    (part,) = message.iter_attachments()
    assert isinstance(part, EmailMessage)
    return part


class Words(HTMLParser):
    """The visible text of a page, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.elements, self._hidden = (
            "",
            list[tuple[str, dict[str, str | None]]](),
            False,
        )
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else f" {data}"


# The connection


@pytest.mark.parametrize(("tls", "encrypted"), [("none", False), ("starttls", True), ("tls", True)])
def test_messages_travel_over_each_kind_of_connection(
    report: Report, tls: str, encrypted: bool
) -> None:
    with mail_server(tls=tls) as server:
        assert send(channel_to(server), report, "ann@example.com", "bob@example.com") == [
            None,
            None,
        ]
        ann, bob = server.wait_for(2)
    assert (ann.rcpt_tos, bob.rcpt_tos) == (["ann@example.com"], ["bob@example.com"])
    assert ann.encrypted == bob.encrypted == encrypted
    assert server.connections == 1


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_the_right_password_signs_in(report: Report, tls: str) -> None:
    with mail_server(tls=tls, user=ME, password=PASSWORD) as server:
        assert send(channel_to(server, user=ME, password=PASSWORD), report, "ann@example.com") == [
            None
        ]
        assert server.wait_for(1)[0].user == ME


def test_a_wrong_password_is_named_with_the_settings_to_look_at_and_never_shown(
    report: Report,
) -> None:
    with mail_server(tls="starttls", user=ME, password=PASSWORD) as server:
        error = failure(channel_to(server, user=ME, password="wrong one"), report)
    assert error.permanent
    for part in (
        "535 5.7.8 Authentication credentials invalid",
        f"{HOST}:{server.port}",
        "SMTP_USER",
        "SMTP_PASS",
    ):
        assert part in error.message
    assert "wrong one" not in error.message
    assert ME not in error.message  # the tenants' viewers read it, too


def test_a_wrong_password_is_tried_once_for_a_whole_run(report: Report) -> None:
    with mail_server(tls="starttls", user=ME, password=PASSWORD) as server:
        results = send(
            channel_to(server, user=ME, password="wrong"),
            report,
            *(f"r{n}@example.com" for n in range(20)),
        )
        assert all(r is not None and "535" in r.message for r in results)
        assert server.connections == 1


def test_a_missing_sign_in_is_the_servers_answer(report: Report) -> None:
    with mail_server(tls="tls", user=ME, password=PASSWORD) as server:
        assert (
            failure(channel_to(server), report).message
            == "530 5.7.0 Authentication required (check SMTP_USER and SMTP_PASS)"
        )


def test_a_server_that_offers_no_sign_in_is_said(report: Report, server: MailServer) -> None:
    error = failure(channel_to(server, user=ME, password=PASSWORD), report)
    assert "no sign-in" in error.message
    assert "SMTP_USER" in error.message


def test_starttls_is_never_given_up_for_plain_text(report: Report, server: MailServer) -> None:
    smtp = SmtpSettings(
        host=server.host, port=server.port, tls="starttls", user=ME, password=SecretStr(PASSWORD)
    )
    error = failure(EmailChannel(smtp), report)
    assert "STARTTLS" in error.message
    assert "SMTP_TLS" in error.message
    assert not error.permanent
    assert server.messages == []
    assert server.logins == 0


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(report: Report, tls: str) -> None:
    with mail_server(tls=tls) as server:
        error = failure(channel_to(server, trusted=False), report)
    assert "certificate" in error.message
    assert f"{HOST}:{server.port}" in error.message
    assert not error.permanent
    assert server.messages == []


def test_tls_with_a_server_that_speaks_none_is_said(report: Report, server: MailServer) -> None:
    error = failure(
        EmailChannel(SmtpSettings(host=server.host, port=server.port, tls="tls")), report
    )
    assert "no TLS connection" in error.message
    assert "SMTP_TLS" in error.message


def test_a_server_that_is_not_there_is_each_deliverys_error(report: Report) -> None:
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))  # bound but not listening: connections are refused
        port = nobody.getsockname()[1]
        first, second, third = send(
            EmailChannel(SmtpSettings(host=HOST, port=port)),
            report,
            "a@x.com",
            "b@x.com",
            "c@x.com",
        )
    assert first is not None
    assert f"{HOST}:{port}" in first.message
    assert "SMTP_HOST" in first.message
    assert not first.permanent
    assert second is not None
    assert third is not None
    assert first.message == second.message == third.message


def test_a_server_that_says_nothing_is_given_up_in_time(report: Report) -> None:
    with socket.create_server((HOST, 0)) as silent:
        smtp = SmtpSettings(host=HOST, port=silent.getsockname()[1], tls="none")
        error = failure(EmailChannel(smtp, connect_timeout=0.1), report)
    assert "did not answer in time" in error.message
    assert not error.permanent


def test_a_host_name_that_cannot_be_resolved_is_said(report: Report) -> None:
    error = failure(EmailChannel(SmtpSettings(host="mail.invalid")), report)
    assert "mail.invalid:587" in error.message
    assert "SMTP_HOST" in error.message


def test_a_connection_dropped_between_two_messages_is_made_again(report: Report) -> None:
    with mail_server(tls="starttls", user=ME, password=PASSWORD) as server:
        with channel_to(server, user=ME, password=PASSWORD).open(report) as sender:
            sender.send("ann@example.com", "one")
            server.drop_connections()
            sender.send("bob@example.com", "two")
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
        assert server.connections == 2


def test_a_message_whose_fate_is_unknown_is_not_sent_again_and_the_next_one_is_sent(
    report: Report,
) -> None:
    with mail_server(vanish=frozenset({"ann@example.com"})) as server:
        lost, fine = send(channel_to(server), report, "ann@example.com", "bob@example.com")
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
    assert lost is not None
    assert isinstance(lost, DeliveryUnknown)
    assert not lost.permanent
    assert fine is None


def test_nothing_is_connected_before_the_first_message(report: Report, server: MailServer) -> None:
    with channel_to(server).open(report):
        pass
    assert server.connections == 0


# Refusals


def test_a_refused_recipient_fails_alone_with_the_servers_own_answer(report: Report) -> None:
    with mail_server(refuse={"gone@example.com": "550 5.1.1 no such user"}) as server:
        results = send(
            channel_to(server), report, "ann@example.com", "gone@example.com", "bob@example.com"
        )
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
        assert server.connections == 1
    assert results[0] is results[2] is None
    assert results[1] is not None
    assert (results[1].message, results[1].permanent) == ("550 5.1.1 no such user", True)


def test_an_answer_of_several_lines_is_kept_on_one(report: Report) -> None:
    with mail_server(
        refuse={"gone@example.com": "550-5.1.1 no such user\r\n550 5.1.1 ask the postmaster"}
    ) as server:
        assert (
            failure(channel_to(server), report, "gone@example.com").message
            == "550 5.1.1 no such user 5.1.1 ask the postmaster"
        )


def test_a_recipient_put_off_may_be_tried_again(report: Report) -> None:
    with mail_server(refuse={"busy@example.com": "450 4.2.1 try again later"}) as server:
        put_off, fine = send(channel_to(server), report, "busy@example.com", "ann@example.com")
    assert put_off is not None
    assert (put_off.message, put_off.permanent) == ("450 4.2.1 try again later", False)
    assert fine is None


def test_a_server_that_goes_away_is_asked_again_once_for_the_next_message(report: Report) -> None:
    with mail_server(refuse={"busy@example.com": "421 4.3.2 shutting down"}) as server:
        fine, away, after = send(
            channel_to(server), report, "ann@example.com", "busy@example.com", "bob@example.com"
        )
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
    assert away is not None
    assert (away.message, away.permanent) == ("421 4.3.2 shutting down", False)
    assert fine is after is None


def test_a_refused_sender_is_the_servers_answer(report: Report) -> None:
    with mail_server(refuse_senders={ME: "553 5.7.1 not your address"}) as server:
        error = failure(channel_to(server), report)
    assert (error.message, error.permanent) == (
        "553 5.7.1 not your address (check SMTP_FROM)",
        True,
    )


def test_refused_content_is_the_servers_answer_and_the_others_are_sent(report: Report) -> None:
    with mail_server(refuse_content={"ann@example.com": "554 5.7.1 looks like spam"}) as server:
        refused, fine = send(channel_to(server), report, "ann@example.com", "bob@example.com")
        assert [m.rcpt_tos for m in server.wait_for(1)] == [["bob@example.com"]]
    assert refused is not None
    assert (refused.message, refused.permanent) == ("554 5.7.1 looks like spam", True)
    assert fine is None


def test_a_message_too_large_for_the_server_is_refused_before_it_is_sent(report: Report) -> None:
    with mail_server(size_limit=10_000) as server:
        error = failure(channel_to(server), report)
    assert error.message.startswith("552 ")
    assert error.permanent


def test_a_file_that_is_gone_is_a_delivery_error(report: Report, server: MailServer) -> None:
    report.file_path.unlink()
    assert report.file_name in failure(channel_to(server), report).message


def test_what_is_no_address_is_refused_without_a_connection(
    report: Report, server: MailServer
) -> None:
    for target in (
        "nobody",
        "a@b@c.com",
        "a b@example.com",
        "a@example.com\r\nRCPT TO:<x@example.com>",
        "<a@example.com>",
    ):
        assert failure(channel_to(server), report, target).permanent
    assert server.connections == 0


# Addresses


def test_international_domains_travel_in_punycode(report: Report, server: MailServer) -> None:
    found = message(server, report, "ann@bücher.example")
    assert found["To"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"
    assert server.messages[0].rcpt_tos == ["ann@xn--bcher-kva.example"]
    assert server.messages[0].options == [
        o for o in server.messages[0].options if o.startswith("SIZE=")
    ]


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


# The message


def test_headers_say_who_when_and_that_a_machine_wrote(report: Report, server: MailServer) -> None:
    found = message(server, report)
    assert found["Subject"] == "Weekly campaigns – 16 Nov 2026 - 22 Nov 2026"
    assert str(found["From"]) == ME
    assert str(found["To"]) == "ann@example.com"
    assert found["Date"].datetime == report.created_at
    assert found["Message-ID"] == "<delivery-0@example.com>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.defects == []


def test_the_same_delivery_has_the_same_message_id_in_every_attempt(
    report: Report, server: MailServer
) -> None:
    for _ in range(2):
        send(channel_to(server), report, "ann@example.com", "bob@example.com")
    ids = [m.message["Message-ID"] for m in server.wait_for(4)]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_a_message_id_cannot_carry_anything_else(report: Report, server: MailServer) -> None:
    with channel_to(server).open(report) as sender:
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


def test_both_bodies_tell_the_same_facts(report: Report, server: MailServer) -> None:
    found = message(server, report)
    text, page = " ".join(body(found, "plain").split()), Words(body(found, "html")).text
    for fact in (
        "Acme",
        "Weekly campaigns",
        "Campaign totals",
        "16 Nov 2026 - 22 Nov 2026",
        "1,234,567",
        "CSV",
        "acme_weekly-campaigns.csv",
        "1.2 MB",
        "23 Nov 2026, 09:00 (Europe/Berlin)",
        "sent automatically because you are a recipient of",
        "The file is attached",
    ):
        assert fact in text
        assert fact in page

    def words(said: str) -> list[str]:
        return re.findall(r"\w+", said)

    assert words(text) == words(page)


def test_a_file_without_rows_is_explained_in_both_bodies(
    report: Report, server: MailServer
) -> None:
    found = message(server, replace(report, record_count=0))
    for kind in ("plain", "html"):
        assert "no data in this period" in body(found, kind)


def test_the_page_wears_the_tenants_brand(report: Report, server: MailServer) -> None:
    page = Words(body(message(server, report), "html"))
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert [(i["src"], i["alt"]) for i in images] == [("https://cdn.example.com/logo.png", "Acme")]
    (bar,) = [a["style"] or "" for tag, a in page.elements if a.get("class") == "bar"]
    assert "background-color: #1D4ED8" in bar
    assert ";color: #FFFFFF" in bar


def test_styles_are_inlined_and_nothing_but_the_logo_is_loaded(
    report: Report, server: MailServer
) -> None:
    page = Words(body(message(server, report), "html"))
    assert all(
        "style" in attributes
        for tag, attributes in page.elements
        if tag in {"td", "th", "h1", "p", "img"}
    )
    assert not {"link", "script"} & {tag for tag, _ in page.elements}


@pytest.mark.parametrize("logo", [None, "", "http://example.com/a.png", "javascript:alert(1)"])
def test_only_an_https_logo_is_shown(report: Report, server: MailServer, logo: str | None) -> None:
    page = Words(body(message(server, replace(report, logo_url=logo)), "html"))
    assert "img" not in [tag for tag, _ in page.elements]


def test_names_are_text_in_the_page_and_never_markup(report: Report, server: MailServer) -> None:
    evil = """<script>alert(1)</script> & "quoted" <img src=x onerror='x'>"""
    found = message(
        server,
        replace(
            report,
            tenant_name=evil,
            export_name=evil,
            file_name=evil,
            brand_color='red;}</style><script>"',
        ),
    )
    page = Words(body(found, "html"))
    assert {"script"}.isdisjoint(tag for tag, _ in page.elements)
    assert [a["src"] for tag, a in page.elements if tag == "img"] == [report.logo_url]
    assert page.text.count(evil) == 6
    assert evil in body(found, "plain")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1.0 MB"),
        (2 * 10**9, "2.0 GB"),
    ],
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert humanize.size(size) == text


@pytest.mark.parametrize(
    ("color", "text"),
    [
        ("#FFFFFF", "#000000"),
        ("#000000", "#FFFFFF"),
        ("#FFCC00", "#000000"),
        ("#1d4ed8", "#FFFFFF"),
        ("#777777", "#000000"),
    ],
)
def test_text_on_the_brand_color_is_the_more_readable_of_black_and_white(
    color: str, text: str
) -> None:
    assert readable_on(color) == text


# The settings


def from_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **values: str
) -> EmailChannel:
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name in ("HOST", "PORT", "TLS", "USER", "PASS", "PASS_FILE", "FROM"):
        monkeypatch.delenv(f"SMTP_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    return EmailChannel()


def test_the_channel_is_registered() -> None:
    assert CHANNELS["email"].label == "Email"


def test_without_a_host_the_channel_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    channel = from_environment(monkeypatch, tmp_path)
    assert "SMTP_HOST" in (channel.unconfigured() or "")
    assert from_environment(monkeypatch, tmp_path, HOST="mail.example.com").unconfigured() is None


@pytest.mark.parametrize(
    ("given", "port", "tls"),
    [
        ({}, 587, "starttls"),
        ({"PORT": "465"}, 465, "tls"),
        ({"TLS": "tls"}, 465, "tls"),
        ({"TLS": "TLS", "PORT": "2465"}, 2465, "tls"),
        ({"TLS": "starttls", "PORT": "465"}, 465, "starttls"),
        ({"TLS": "none"}, 587, "none"),
        ({"PORT": "25"}, 25, "starttls"),
    ],
)
def test_port_and_encryption_imply_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], port: int, tls: str
) -> None:
    smtp = from_environment(monkeypatch, tmp_path, HOST="mail.example.com", **given).settings
    assert (smtp.port, smtp.tls) == (port, tls)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"HOST": "mail.example.com"}, "no-reply@mail.example.com"),
        ({"HOST": "mail.example.com", "USER": "apikey", "PASS": "x"}, "no-reply@mail.example.com"),
        ({"HOST": "mail.example.com", "USER": "me@example.org", "PASS": "x"}, "me@example.org"),
        (
            {
                "HOST": "mail.example.com",
                "USER": "me@example.org",
                "PASS": "x",
                "FROM": "you@example.net",
            },
            "you@example.net",
        ),
        (
            {"HOST": "mail.example.com", "FROM": '"Acme, Inc." <you@bücher.example>'},
            "you@xn--bcher-kva.example",
        ),
        ({"HOST": "localhost"}, "no-reply@localhost"),
        ({"HOST": "10.0.0.7"}, "no-reply@[10.0.0.7]"),
        ({"HOST": "::1"}, "no-reply@[IPv6:::1]"),
    ],
)
def test_the_sender_is_what_was_set_or_the_user_or_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], address: str
) -> None:
    assert from_environment(monkeypatch, tmp_path, **given).settings.sender.address == address


def test_the_password_may_lie_in_a_file_and_is_never_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    channel = from_environment(
        monkeypatch, tmp_path, HOST="mail.example.com", USER="me", PASS_FILE=str(file)
    )
    assert channel.settings.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(channel.settings)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"PORT": "99999"}, r"^SMTP_PORT "),
        ({"PORT": "smtp"}, r"^SMTP_PORT "),
        ({"TLS": "maybe"}, r"^SMTP_TLS "),
        ({"HOST": "mail.example.com:587"}, r"^SMTP_HOST .*SMTP_PORT"),
        ({"HOST": "smtp://mail.example.com"}, r"^SMTP_HOST "),
        ({"FROM": "Reports"}, r"^SMTP_FROM must look like .*@"),
        ({"FROM": "Rep\norts <a@example.com>"}, r"^SMTP_FROM "),
        ({"HOST": "mail.example.com", "USER": "me"}, r"^SMTP_USER needs SMTP_PASS"),
        ({"HOST": "mail_relay"}, r"^SMTP_FROM is needed"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], line: str
) -> None:
    channel = from_environment(monkeypatch, tmp_path, **given)
    with pytest.raises(SettingsError, match=line) as caught:
        channel.unconfigured()
    assert "\n" not in str(caught.value)


# A server that does not wait for the end of a message


class Impatient(socketserver.StreamRequestHandler):
    """Answers 552 in the middle of a message; then it closes, stops reading, or swallows the
    rest."""

    def handle(self) -> None:
        self.wfile.write(b"220 impatient\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command != b"DATA":
                self.wfile.write(b"250 ok\r\n")
                continue
            self.wfile.write(b"354 go on\r\n")
            for _ in range(100):
                self.rfile.readline()
            self.wfile.write(b"552 5.3.4 too large\r\n")
            then = self.server.then  # type: ignore[attr-defined]
            if then == "closes":
                return
            if then == "stops reading":
                self.server.ended.wait(20)  # type: ignore[attr-defined]
                return


@pytest.mark.parametrize("then", ["closes", "stops reading", "swallows"])
def test_a_refusal_in_the_middle_of_a_message_is_the_servers_own_answer(
    report: Report, then: str
) -> None:
    report.file_path.write_bytes(b"x" * 20_000_000)
    with socketserver.ThreadingTCPServer((HOST, 0), Impatient) as server:
        server.then, server.ended = then, threading.Event()  # type: ignore[attr-defined]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        smtp = SmtpSettings(host=HOST, port=server.server_address[1], tls="none", from_=ME)
        began = time.monotonic()
        error = failure(EmailChannel(smtp), report)
        took = time.monotonic() - began
        server.ended.set()  # type: ignore[attr-defined]
        server.shutdown()
    assert took < 20  # nobody waited for a timeout of a minute
    if then != "closes" or "552" in error.message:
        assert "552 5.3.4 too large" in error.message
        assert error.permanent
    # what the server had said was lost with the connection; the end of the message was never sent
    else:
        assert not isinstance(error, DeliveryUnknown)
        assert not error.permanent
