"""What is written down of a talk with a mail server."""

import base64

from exports_app.channels._dialogue import Dialogue, last_answer


def encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())


def test_what_was_said_and_answered_stands_line_by_line() -> None:
    told = Dialogue("", "")
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


def test_of_a_sign_in_only_the_mechanism_is_kept() -> None:
    told = Dialogue("me@example.com", "hunter two")
    told.signing_in = True
    told.said(b"AUTH", b"PLAIN", encoded("\0me@example.com\0hunter two"))
    told.heard(535, "no")
    told.said(b"AUTH", b"LOGIN")
    told.heard(334, "VXNlcm5hbWU6")
    told.said(encoded("me@example.com"))
    told.said(encoded("hunter two"))
    told.signing_in = False
    told.said(b"QUIT")
    assert [line for line in told.lines if line.startswith("C")] == [
        "C: AUTH PLAIN ***",
        "C: AUTH LOGIN",
        "C: ***",
        "C: ***",
        "C: QUIT",
    ]


def test_a_server_that_repeats_the_password_tells_it_to_nobody() -> None:
    told = Dialogue("me", "hunter two")
    told.heard(535, "hunter two is wrong")
    told.heard(535, f"got {encoded('hunter two').decode()} and {encoded(chr(0) + 'me' + chr(0) + 'hunter two').decode()}")
    told.happened("refused: hunter two")
    assert told.lines == ["S: 535 *** is wrong", "S: 535 got *** and ***", "-- refused: ***"]


def test_nothing_in_it_leaves_its_line_or_grows_without_end() -> None:
    told = Dialogue("", "")
    told.heard(550, "a\x1b[31mred\x00\nsecond" + "x" * 9_000)
    assert told.lines[0] == "S: 550-a [31mred"
    assert len(told.lines[1]) <= 510
