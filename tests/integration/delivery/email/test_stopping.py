"""A run that is stopped while the mail server keeps it waiting."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from exports_app.channels._smtp.server import PATIENCE
from exports_app.channels.email import EmailChannel
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import send
from tests.scripted_mailserver import LATE, SILENCE, ScriptedMailServer, scripted
from tests.world import DEADLINE


class Cancelled(Exception):
    pass


class CancelledAt:
    """A check that raises once the mail server was asked for this step."""

    def __init__(self, server: ScriptedMailServer, step: str) -> None:
        self._server, self._step = server, step

    def __call__(self) -> None:
        if self._server.count(self._step):
            raise Cancelled


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_message_that_is_stopped_before_its_end_has_not_arrived(
    report: Report, step: str
) -> None:
    with scripted(**{step: SILENCE}) as server:
        (error,) = send(
            server.channel(), report, "ann@example.com", check=CancelledAt(server, step)
        )
        assert server.connections == 1
    assert error is not None
    assert not isinstance(error, DeliveryUnknown)
    assert not error.permanent
    assert "it has not arrived" in error.message
    assert server.messages == []


def test_a_message_that_is_stopped_after_its_end_is_unknown(report: Report) -> None:
    with scripted(end=SILENCE) as server:
        (error,) = send(
            server.channel(), report, "ann@example.com", check=CancelledAt(server, "end")
        )
        assert server.count("end") == server.connections == 1
    assert isinstance(error, DeliveryUnknown)
    assert "it may have arrived, or not" in error.message


def test_an_answer_that_comes_as_the_run_stops_counts(report: Report) -> None:
    with scripted(end=LATE) as server:

        def check() -> None:
            if server.count("end"):
                server.let_go()
                raise Cancelled

        assert send(server.channel(), report, "ann@example.com", check=check) == [None]


def test_a_run_that_is_stopped_does_not_wait_for_the_goodbye(report: Report) -> None:
    with scripted(QUIT=SILENCE) as server:
        channel = EmailChannel(
            server.channel().settings, patience=replace(PATIENCE, goodbye=10 * DEADLINE)
        )
        check = CancelledAt(server, "QUIT")
        assert send(channel, report, "ann@example.com", check=check) == [None]


def test_a_message_stopped_before_its_end_is_not_unknown_because_of_the_one_before(
    report: Report,
) -> None:
    with scripted(MAIL=[b"250 ok", SILENCE]) as server:

        def cancelled_at_the_second() -> None:
            if server.count("MAIL") > 1:
                raise Cancelled

        ann, bob = send(
            server.channel(),
            report,
            "ann@example.com",
            "bob@example.com",
            check=cancelled_at_the_second,
        )
        assert len(server.messages) == 1
    assert ann is None
    assert bob is not None
    assert not isinstance(bob, DeliveryUnknown)


def test_a_message_that_is_stopped_while_it_waits_for_a_new_connection_has_not_arrived(
    report: Report,
) -> None:
    """Whatever became of the one before, over another connection."""
    with scripted(greeting=[b"220 mail.example.com ESMTP", SILENCE]) as server:

        def stopped() -> None:
            if server.count("greeting") > 1:
                raise Cancelled

        with server.channel().open(report, stopped) as sender:
            sender.send("ann@example.com", "d-0")
            connection: Any = sender._connection  # type: ignore[attr-defined]
            connection._client.transport.abort()
            while connection._client.is_connected:
                connection._runner.run(asyncio.sleep(0))
            with pytest.raises(DeliveryError) as raised:
                sender.send("bob@example.com", "d-1")
        assert len(server.messages) == 1
    assert not isinstance(raised.value, DeliveryUnknown)
