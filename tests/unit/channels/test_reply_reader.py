"""A mail server's replies, as they come over the wire."""

import pytest

from exports_app.channels._smtp.reply_reader import MOST, NotSmtpError, ReplyReader

EHLO = b"250-mail.example.com\r\n250-SIZE 1000  \r\n250-\r\n250 8BITMIME\r\n"


def reply(*pieces: bytes) -> tuple[int, str] | None:
    """What is read once the last piece has come; None: it goes on. Before that it must go on."""
    reader = ReplyReader()
    for piece in pieces[:-1]:
        assert reader.feed(piece) is None
    return reader.feed(pieces[-1])


@pytest.mark.parametrize(
    ("sent", "code", "text"),
    [
        (b"250 2.0.0 ok\r\n", 250, "2.0.0 ok"),
        (b"250\r\n", 250, ""),
        (b"250 \r\n", 250, ""),
        (b"250 ok\n", 250, "ok"),
        (EHLO, 250, "mail.example.com\nSIZE 1000\n\n8BITMIME"),
        (b"250-\r\n250 SIZE 1000\r\n", 250, "\nSIZE 1000"),
        (b"550 b\xfccher\r\n", 550, "b\udcfccher"),
        (b"550 B\xc3\xbccher\r\n", 550, "Bücher"),
        (b"220-a\r\n220-b\r\n220 c\r\n", 220, "a\nb\nc"),
    ],
)
def test_a_reply_is_its_code_and_its_lines(sent: bytes, code: int, text: str) -> None:
    assert reply(sent) == (code, text)
    assert reply(*(bytes([byte]) for byte in sent)) == (code, text)


def test_a_very_long_reply_keeps_its_code_and_the_beginning_of_its_text() -> None:
    code, text = reply(b"550 " + b"x" * 1_000_000 + b"\r\n") or (0, "")
    assert code == 550
    assert text.startswith("xxx")
    assert len(text) < 3_000
    code, text = reply(b"250-and so on\r\n" * 100_000 + b"250 end\r\n") or (0, "")
    assert code == 250
    assert len(text) <= MOST


def test_what_comes_after_a_reply_is_not_the_next_one() -> None:
    reader = ReplyReader()
    assert reader.feed(b"250 first\r\n250 unasked\r\n25") == (250, "first")
    assert reader.feed(b"354 go on\r\n") == (354, "go on")


@pytest.mark.parametrize(
    "sent",
    [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-OpenSSH_9.6", b"25\r\n", b"\r\n", b"25 ok\r\n"],
)
def test_what_is_no_reply_is_said_at_once(sent: bytes) -> None:
    with pytest.raises(NotSmtpError):
        reply(sent)
