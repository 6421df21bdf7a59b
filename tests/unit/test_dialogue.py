"""What is written down of a talk with a mail server, and what nobody may read of it."""

import base64

import pytest

from exports_app.channels._smtp_dialogue import Dialogue, Secrets, last_answer

USER, PASSWORD = "me@example.com", "hunter two"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_what_was_said_and_answered_stands_line_by_line() -> None:
    told = Dialogue()
    told.heard(220, "mail.example.com ESMTP")
    told.said(b"EHLO", b"us.example.com")
    told.heard(250, "mail.example.com\nSIZE 1000\nSTARTTLS")
    told.happened("the message, 1,234 bytes")
    assert told.lines == [
        "S: 220 mail.example.com ESMTP",
        "C: EHLO us.example.com",
        "S: 250-mail.example.com",
        "S: 250-SIZE 1000",
        "S: 250 STARTTLS",
        "-- the message, 1,234 bytes",
    ]
    assert last_answer(told.lines) == "250 STARTTLS"
    assert last_answer([]) == ""


def test_nothing_in_it_leaves_its_line_or_grows_without_end() -> None:
    told = Dialogue()
    told.heard(550, "a\x1b[31mred\x00\nsecond" + "x" * 9_000)
    assert told.lines[0] == "S: 550-a [31mred"
    assert len(told.lines[1]) <= 510


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
