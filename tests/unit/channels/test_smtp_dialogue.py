"""The record of the commands to a mail server and its replies, without passwords."""

import base64

import pytest

from exports_app.channels._smtp.dialogue import Dialogue, Secrets, last_reply

USER, PASSWORD = "me@example.com", "hunter two"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_what_was_said_and_answered_stands_line_by_line() -> None:
    dialogue = Dialogue()
    dialogue.reply(220, "mail.example.com ESMTP")
    dialogue.command(b"EHLO", b"us.example.com")
    dialogue.reply(250, "mail.example.com\nSIZE 1000\nSTARTTLS")
    dialogue.event("the message, 1,234 bytes")
    assert dialogue.lines == [
        "S: 220 mail.example.com ESMTP",
        "C: EHLO us.example.com",
        "S: 250-mail.example.com",
        "S: 250-SIZE 1000",
        "S: 250 STARTTLS",
        "-- the message, 1,234 bytes",
    ]
    assert last_reply(dialogue.lines) == "250 STARTTLS"
    assert last_reply([]) == ""


def test_nothing_in_it_leaves_its_line_or_grows_without_end() -> None:
    dialogue = Dialogue()
    dialogue.reply(550, "a\x1b[31mred\x00\nsecond" + "x" * 9_000)
    assert dialogue.lines[0] == "S: 550-a [31mred"
    assert len(dialogue.lines[1]) <= 510


@pytest.mark.parametrize(
    "secret",
    [
        PASSWORD,
        PASSWORD.upper(),
        encoded(PASSWORD),
        encoded(f"\0{USER}\0{PASSWORD}"),
        encoded(f"{USER}\0{USER}\0{PASSWORD}"),
        encoded(f"\0{USER}\0{PASSWORD}")[:20] + "\r\n  " + encoded(f"\0{USER}\0{PASSWORD}")[20:],
        encoded("the answer to a challenge"),
    ],
)
def test_a_server_that_repeats_a_secret_tells_it_to_nobody(secret: str) -> None:
    secrets = Secrets(USER, PASSWORD)
    secrets.add(encoded("the answer to a challenge").encode())
    assert secrets.hide(f"no: {secret}, try again") == "no: ***, try again"


def test_without_a_password_nothing_is_hidden() -> None:
    assert Secrets("", "").hide("550 no such user") == "550 no such user"
