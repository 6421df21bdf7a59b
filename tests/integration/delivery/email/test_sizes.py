"""What a mail server takes: its limit, and refusals for size at each step."""

import pytest

from exports_app.domain.errors import DeliveryUnknown, MessageTooLarge
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import failure, send
from tests.scripted_mailserver import scripted

TOO_LARGE = b"552 5.3.4 Message size exceeds fixed limit"
FULL = b"552 5.2.2 Mailbox full"


def ehlo(size: str) -> bytes:
    return f"250-mail.example.com\r\n250-{size}\r\n250 8BITMIME".encode()


def test_a_message_beyond_the_servers_limit_is_not_sent_and_the_next_one_goes_on(
    report: Report,
) -> None:
    with scripted(EHLO=ehlo("SIZE 10000")) as server:
        errors = send(server.channel(), report, "ann@example.com", "bob@example.com")
        assert server.verbs() == ["EHLO", "QUIT"]
    assert all(isinstance(error, MessageTooLarge) for error in errors)
    assert all(error and "takes at most 10,000" in error.message for error in errors)


@pytest.mark.parametrize("size", ["SIZE 200000000", "size 200000000", "SIZE 0", "SIZE", "SIZE x"])
def test_a_message_within_the_limit_says_how_large_it_is(report: Report, size: str) -> None:
    with scripted(EHLO=ehlo(size)) as server:
        assert send(server.channel(), report, "ann@example.com") == [None]
        (mail,) = (command for command in server.commands if command.startswith("MAIL"))
        (message,) = server.messages
    said = int(mail.partition(" SIZE=")[2])
    assert said == len(message) - message.count(b"\n..")  # RFC 1870, 3: without the doubled dots


def test_a_server_that_names_no_limit_is_not_told_a_size(report: Report) -> None:
    with scripted() as server:
        assert send(server.channel(), report, "ann@example.com") == [None]
        assert "MAIL FROM:<reports@example.com>" in server.commands


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "end"])
def test_a_refusal_for_size_is_that_messages_alone(report: Report, step: str) -> None:
    with scripted(**{step: [TOO_LARGE, {"DATA": b"354 go on"}.get(step, b"250 ok")]}) as server:
        refused, fine = send(server.channel(), report, "ann@example.com", "bob@example.com")
        assert server.connections == 1
    assert isinstance(refused, MessageTooLarge)
    assert refused.message.startswith(TOO_LARGE.decode())
    assert fine is None


@pytest.mark.parametrize("step", ["RCPT", "end"])
def test_a_full_mailbox_is_an_ordinary_refusal(report: Report, step: str) -> None:
    with scripted(**{step: FULL}) as server:
        error = failure(server.channel(), report)
    assert not isinstance(error, MessageTooLarge)
    assert (error.message, error.permanent) == (FULL.decode(), True)


def test_a_server_without_room_at_the_moment_is_tried_again(report: Report) -> None:
    with scripted(MAIL=[b"452 4.3.1 Insufficient system storage", b"250 ok"]) as server:
        put_off, fine = send(server.channel(), report, "ann@example.com", "bob@example.com")
    assert put_off is not None
    assert not put_off.permanent
    assert not isinstance(put_off, MessageTooLarge | DeliveryUnknown)
    assert fine is None
