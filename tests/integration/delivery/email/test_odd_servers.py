"""Servers that answer otherwise than most: what they offer is used or done without."""

import pytest

from exports_app.domain.errors import DeliveryUnknown
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import failure, send
from tests.scripted_mailserver import HANGS_UP, Answers, scripted

LONG = b"x" * 100_000
TWO = ("ann@example.com", "bob@example.com")


@pytest.mark.parametrize(
    "answers",
    [
        {"greeting": b"220-mail.example.com\r\n220-no spam\r\n220 ESMTP"},
        {"greeting": b"220"},
        {"greeting": b"220 " + LONG},
        {"EHLO": b"250-mail.example.com   \r\n250-size 50000000   \r\n250-  \r\n250 pipelining"},
        {"EHLO": b"250-\r\n250 SIZE"},
        {"EHLO": b"250"},
        {"EHLO": b"250-a\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 DSN"},
        {"EHLO": b"250-a\r\n250-STARTTLS\r\n250-X-UNKNOWN a=b\r\n250 AUTH=LOGIN PLAIN"},
        {"EHLO": b"250-a\r\n" + b"250-X " + LONG + b"\r\n250 SIZE 50000000"},
        {"EHLO": b"250-a\r\n" + b"250-X-MUCH\r\n" * 10_000 + b"250 SIZE 50000000"},
        {"EHLO": b"500 what?"},
        {"EHLO": b"502 5.5.1 not implemented", "HELO": b"250"},
        {"EHLO": b"554 no extensions here", "HELO": b"250 \xfcbrigens"},
        {"MAIL": b"250-fine\r\n250 \xff\xfe"},
        {"MAIL": b"250", "RCPT": b"250", "DATA": b"354", "end": b"250"},
        {"RCPT": b"251 user not local; will forward to <ann@example.org>"},
        {"RCPT": b"252 cannot verify, but will try"},
        {"DATA": b"354-go\r\n354 on"},
        {"DATA": b"354 " + LONG},
        {"end": b"250 " + LONG},
        {"end": b"250-and so on\r\n" * 10_000 + b"250 queued"},
        {"end": b"251 2.0.0 queued"},
        {"RSET": b"500 what?"},
        {"QUIT": b"500 what?"},
    ],
)
def test_a_message_is_sent_all_the_same(report: Report, answers: dict[str, Answers]) -> None:
    with scripted(**answers) as server:
        assert send(server.channel(), report, *TWO) == [None, None]
        assert len(server.messages) == 2


@pytest.mark.parametrize("offer", [b"AUTH PLAIN", b"auth plain login", b"AUTH=LOGIN PLAIN"])
def test_a_sign_in_is_found_however_it_is_offered(report: Report, offer: bytes) -> None:
    with scripted(EHLO=b"250-mail.example.com\r\n250 " + offer) as server:
        assert send(server.channel(user="me"), report, "ann@example.com") == [None]
        assert "AUTH" in server.verbs()


@pytest.mark.parametrize(
    ("offer", "options"),
    [(b"SMTPUTF8", "SMTPUTF8"), (b"SMTPUTF8\r\n250 8BITMIME", "SMTPUTF8 BODY=8BITMIME")],
)
def test_only_what_was_offered_is_asked_for(report: Report, offer: bytes, options: str) -> None:
    offers = b"250-mail.example.com\r\n250-" + offer if b"\n" in offer else b"250-a\r\n250 " + offer
    with scripted(EHLO=offers) as server:
        assert send(server.channel(), report, "jürgen@example.com") == [None]
        assert f"MAIL FROM:<reports@example.com> {options}" in server.commands


def test_an_offer_that_is_taken_back_is_done_without(report: Report) -> None:
    offers = b"250-mail.example.com\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 SMTPUTF8"
    with scripted(EHLO=offers, MAIL=[b"555 5.5.4 unsupported option: SIZE", b"250 ok"]) as server:
        assert send(server.channel(), report, "jürgen@example.com") == [None]
        first, second = (line for line in server.commands if line.startswith("MAIL"))
    assert " BODY=8BITMIME SIZE=" in first
    assert second == "MAIL FROM:<reports@example.com> SMTPUTF8"


def test_an_address_beyond_ascii_needs_smtputf8_and_the_others_are_sent(report: Report) -> None:
    with scripted() as server:
        refused, fine = send(server.channel(), report, "jürgen@example.com", "bob@example.com")
    assert refused is not None
    assert "takes only ASCII letters" in refused.message
    assert fine is None


def test_text_that_is_not_utf8_can_be_stored_and_shown(report: Report) -> None:
    with scripted(RCPT=b"550 unbekannter Empf\xe4nger") as server:
        error = failure(server.channel(), report)
    assert error.message == "550 unbekannter Empf?nger"
    error.message.encode()


def test_a_refusal_without_text_is_its_code(report: Report) -> None:
    with scripted(RCPT=b"550") as server:
        error = failure(server.channel(), report)
    assert (error.message, error.permanent) == ("550", True)


@pytest.mark.parametrize(
    "answers",
    [
        {"greeting": [b"421 4.3.2 too busy", b"220 mail.example.com"]},
        {"EHLO": [b"421 4.3.2 too busy", b"250 mail.example.com"]},
        {"MAIL": [b"421 4.3.2 too busy", b"250 ok"]},
        {"RCPT": [b"421 4.3.2 too busy", b"250 ok"]},
        {"DATA": [b"421 4.3.2 too busy", b"354 go on"]},
        {"end": [b"421 4.3.2 too busy", b"250 ok"]},
        {"greeting": [HANGS_UP, b"220 mail.example.com"]},
        {"EHLO": [HANGS_UP, b"250 mail.example.com"]},
        {"MAIL": [HANGS_UP, b"250 ok"]},
        {"RCPT": [HANGS_UP, b"250 ok"]},
        {"DATA": [HANGS_UP, b"354 go on"]},
        {"RCPT": [b"450 4.2.0 greylisted, try again in 300 seconds", b"250 ok"]},
        {"RCPT": [b"451 4.7.1 try again later", b"250 ok"]},
        {"end": [b"451 4.3.0 error in processing", b"250 ok"]},
    ],
)
def test_a_server_that_puts_a_message_off_gets_it_later_and_the_next_one_at_once(
    report: Report, answers: dict[str, Answers]
) -> None:
    with scripted(**answers) as server:
        put_off, fine = send(server.channel(), report, *TWO)
    assert put_off is not None
    assert not put_off.permanent
    assert not isinstance(put_off, DeliveryUnknown)
    assert fine is None


@pytest.mark.parametrize("away", [b"421 4.7.0 too many messages", HANGS_UP])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_closes_after_each_message_is_connected_to_again(
    report: Report, step: str, away: bytes
) -> None:
    usual = {"DATA": b"354 go on"}.get(step, b"250 ok")
    with scripted(**{step: [usual, away, usual]}) as server:
        assert send(server.channel(), report, *TWO) == [None, None]
        assert server.connections == 2


def test_a_server_that_hangs_up_after_the_message_may_have_it(report: Report) -> None:
    with scripted(end=[HANGS_UP, b"250 ok"]) as server:
        unknown, fine = send(server.channel(), report, *TWO)
    assert isinstance(unknown, DeliveryUnknown)
    assert fine is None


def test_a_refusal_after_which_the_server_hangs_up_is_that_recipients_alone(
    report: Report,
) -> None:
    with scripted(RCPT=[b"550 5.1.1 no such user", b"250 ok"], RSET=HANGS_UP) as server:
        refused, fine = send(server.channel(), report, *TWO)
        assert "DATA" not in server.verbs()[: server.verbs().index("RSET")]
    assert refused is not None
    assert refused.message == "550 5.1.1 no such user"
    assert fine is None


def test_what_does_not_speak_smtp_is_said(report: Report) -> None:
    with scripted(greeting=b"HTTP/1.1 400 Bad Request") as server:
        error = failure(server.channel(), report)
    assert "does not speak SMTP" in error.message
    assert not error.permanent


def test_an_answer_that_is_no_reply_after_the_message_leaves_it_unknown(report: Report) -> None:
    with scripted(end=b"thank you") as server:
        assert isinstance(failure(server.channel(), report), DeliveryUnknown)
