"""The connection to an SMTP server: encryption, sign-in, and servers that are away."""

import socket

import pytest
from pydantic import SecretStr

from exports_app.channels._smtp.server import Patience
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.errors import DeliveryUnknown
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import ME, PASSWORD, channel_to, failure, send
from tests.mailserver import HOST, MailServer, mail_server


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
    assert "no supported sign-in" in error.message
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
        error = failure(EmailChannel(smtp, patience=Patience(greeting=0.1)), report)
    assert "did not answer in time" in error.message
    assert not error.permanent


def test_a_host_name_that_cannot_be_resolved_is_said(report: Report) -> None:
    error = failure(EmailChannel(SmtpSettings(host="mail.invalid")), report)
    assert "mail.invalid:587" in error.message
    assert "SMTP_HOST" in error.message


def test_a_connection_dropped_between_two_messages_is_made_again(report: Report) -> None:
    with mail_server(tls="starttls", user=ME, password=PASSWORD) as server:
        with channel_to(server, user=ME, password=PASSWORD).open(report, lambda: None) as sender:
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
    with channel_to(server).open(report, lambda: None):
        pass
    assert server.connections == 0
