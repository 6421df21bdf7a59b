"""The name that we tell a mail server in EHLO and HELO."""

import socket

import pytest

from exports_app.channels._smtp import own_name
from exports_app.channels.email import EmailChannel
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import channel_to, failure, send
from tests.mailserver import mail_server
from tests.scripted_mailserver import HANGS_UP, ScriptedMailServer, scripted

OLD = b"502 5.5.2 command not recognized"
REFUSED = b"504 5.5.2 <exports>: Helo command rejected: need fully-qualified hostname"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose name has no dot."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "exports")
    monkeypatch.setattr(own_name, "host_name", own_name._full_name)


def named(server: ScriptedMailServer, helo: str) -> EmailChannel:
    return EmailChannel(server.channel().settings.model_copy(update={"helo": helo}))


def test_a_machine_without_a_full_name_gives_its_address(report: Report) -> None:
    with scripted() as server:
        assert send(server.channel(), report, "ann@example.com") == [None]
        assert server.commands[0] == "EHLO [127.0.0.1]"


def test_a_machine_with_a_full_name_gives_it(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "exports.example.com")
    with scripted() as server:
        assert send(server.channel(), report, "ann@example.com") == [None]
        assert server.commands[0] == "EHLO exports.example.com"


@pytest.mark.parametrize("name", ["exports.example.org", "[IPv6:2001:db8::1]"])
def test_the_setting_counts_before_all_else(
    report: Report, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "exports.example.com")
    with scripted(EHLO=OLD) as server:
        assert send(named(server, name), report, "ann@example.com") == [None]
        assert server.commands[:2] == [f"EHLO {name}", f"HELO {name}"]


def test_it_is_the_same_name_before_and_after_starttls(report: Report) -> None:
    with mail_server(tls="starttls") as server:
        smtp = channel_to(server).settings.model_copy(update={"helo": "exports.example.org"})
        channel = EmailChannel(smtp, tls_context=server.trust())
        assert send(channel, report, "ann@example.com") == [None]
        assert server.host_names == ["exports.example.org", "exports.example.org"]


@pytest.mark.parametrize(
    "answers", [{"EHLO": REFUSED, "HELO": REFUSED}, {"EHLO": REFUSED, "HELO": HANGS_UP}]
)
def test_a_refused_name_is_told_with_the_setting_to_look_at(
    report: Report, answers: dict[str, bytes]
) -> None:
    with scripted(**answers) as server:
        error = failure(named(server, "exports"), report)
    assert "refused us as exports: 504 5.5.2" in error.message
    assert "(check SMTP_HELO)" in error.message
    assert not error.permanent


@pytest.mark.parametrize(
    "answer", [b"450 4.7.1 <exports>: Helo command rejected: Host not found", HANGS_UP]
)
def test_helo_is_tried_only_where_ehlo_is_refused_for_good(report: Report, answer: bytes) -> None:
    with scripted(EHLO=answer) as server:
        error = failure(server.channel(), report)
        assert "HELO" not in server.verbs()
    assert not error.permanent
    assert ("(check SMTP_HELO)" in error.message) is (answer != HANGS_UP)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_refuses_the_name_only_later_points_to_the_setting(
    report: Report, step: str
) -> None:
    with scripted(**{step: REFUSED}) as server:
        error = failure(named(server, "exports"), report)
    assert error.message == f"{REFUSED.decode()} (check SMTP_HELO)"


def test_a_server_that_is_too_busy_for_ehlo_says_nothing_about_the_name(report: Report) -> None:
    with scripted(EHLO=b"421 4.3.2 too busy") as server:
        error = failure(server.channel(), report)
    assert "421 4.3.2 too busy" in error.message
    assert "SMTP_HELO" not in error.message
    assert not error.permanent
