"""How long a mail server is waited for: RFC 5321, 4.5.3.2."""

from dataclasses import replace

import pytest

from exports_app.channels._smtp.server import PATIENCE
from exports_app.channels.email import EmailChannel
from exports_app.domain.errors import DeliveryUnknown
from exports_app.services.core.extension_points import NOTIFY_SECONDS, Report
from exports_app.services.delivery.outbox import ON_THE_WIRE
from tests.integration.delivery.email.messages import failure, send
from tests.scripted_mailserver import HANGS_UP, SILENCE, STALLS, ScriptedMailServer, scripted

SOON = 0.2
"""Seconds."""
FIVE = [f"{name}@example.com" for name in ("ann", "bob", "cem", "dan", "eve")]


def impatient(server: ScriptedMailServer, *steps: str) -> EmailChannel:
    """A channel that gives up soon at these steps; at all others it waits as the RFC asks."""
    patience = replace(PATIENCE, **dict.fromkeys(steps, SOON))
    return EmailChannel(server.channel().settings, patience=patience)


def test_it_is_as_the_rfc_asks() -> None:
    minutes = 60
    assert (PATIENCE.greeting, PATIENCE.command) == (5 * minutes, 5 * minutes)
    assert (PATIENCE.data, PATIENCE.block, PATIENCE.end) == (2 * minutes, 3 * minutes, 10 * minutes)
    assert PATIENCE.connect == 15


def test_nobody_else_sends_a_message_to_a_person_while_it_may_be_on_the_wire() -> None:
    assert PATIENCE.greeting + PATIENCE.end <= NOTIFY_SECONDS
    assert ON_THE_WIRE.total_seconds() > NOTIFY_SECONDS


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ("greeting", "greeting"),
        ("EHLO", "command"),
        ("MAIL", "command"),
        ("RCPT", "command"),
        ("DATA", "data"),
    ],
)
def test_a_server_that_says_nothing_before_the_message_is_tried_again_later(
    report: Report, step: str, named: str
) -> None:
    with scripted(**{step: SILENCE}) as server:
        error = failure(impatient(server, named), report)
        assert server.messages == []
    assert "did not answer in time" in error.message
    assert not error.permanent
    assert not isinstance(error, DeliveryUnknown)


def test_a_server_that_stops_reading_a_message_does_not_have_it(report: Report) -> None:
    report.file_path.write_bytes(b"x" * 20_000_000)
    with scripted(DATA=STALLS) as server:
        error = failure(impatient(server, "block"), report)
    assert "it has not arrived" in error.message
    assert not error.permanent
    assert not isinstance(error, DeliveryUnknown)


def test_a_server_that_says_nothing_after_the_message_may_have_it(report: Report) -> None:
    with scripted(end=SILENCE) as server:
        error = failure(impatient(server, "end"), report)
        assert len(server.messages) == 1
    assert isinstance(error, DeliveryUnknown)


def test_each_step_has_its_own_time(report: Report) -> None:
    with scripted() as server:
        channel = impatient(server, "connect", "greeting", "command", "data", "block", "reset")
        assert send(channel, report, "ann@example.com") == [None]


@pytest.mark.parametrize(("step", "named"), [("MAIL", "command"), ("end", "end")])
def test_a_server_that_says_nothing_twice_is_not_waited_for_by_the_runs_other_messages(
    report: Report, step: str, named: str
) -> None:
    with scripted(**{step: SILENCE}) as server:
        errors = send(impatient(server, named), report, *FIVE)
        assert server.count(step) == 2
    assert all(error is not None and not error.permanent for error in errors)
    left = [error for error in errors if error and error.message.startswith("not sent: ")]
    assert len(left) == 3
    assert not any(isinstance(error, DeliveryUnknown) for error in left)


def test_an_answer_in_between_starts_the_count_again(report: Report) -> None:
    silent = [SILENCE, b"250 ok", SILENCE, b"550 5.7.1 no", SILENCE, b"250 ok"]
    with scripted(end=silent) as server:
        errors = send(impatient(server, "end"), report, *FIVE, "fay@example.com")
        assert len(server.messages) == 6
    assert [isinstance(error, DeliveryUnknown) for error in errors] == [True, False] * 3


def test_a_reset_that_is_not_answered_costs_a_new_connection(report: Report) -> None:
    with scripted(RCPT=[b"550 5.1.1 no such user", b"250 ok"], RSET=SILENCE) as server:
        refused, fine = send(impatient(server, "reset"), report, *FIVE[:2])
        assert server.connections == 2
    assert refused is not None
    assert refused.message == "550 5.1.1 no such user"
    assert fine is None


@pytest.mark.parametrize("end", [SILENCE, HANGS_UP])
def test_the_goodbye_changes_nothing(report: Report, end: bytes) -> None:
    with scripted(QUIT=end) as server:
        assert send(impatient(server, "goodbye"), report, "ann@example.com") == [None]
