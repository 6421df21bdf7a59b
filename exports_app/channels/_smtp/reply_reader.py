"""Reads a server's replies from the bytes of a connection (RFC 5321, 4.2)."""

from aiosmtplib import SMTPResponse

LONGEST_LINE = 2_000
"""Bytes of a line that are kept: the RFC allows 512 (4.5.3.1.5), and some servers send more."""
MOST = 1 << 15
"""Bytes of a reply that are kept. What is longer is read and dropped: its code says what counts."""
CODE = 3
"""Digits of a reply's code."""


class NotSmtpError(ValueError):
    """What was read is no reply."""


class ReplyReader:
    """Reads one reply after the other. What a server sends beyond a reply is dropped, so that it is
    not taken for the next one."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._lines: list[bytes] = []
        self._kept = 0

    def feed(self, data: bytes) -> SMTPResponse | None:
        """The reply that ends in these bytes; None where it goes on. Bytes that are not UTF-8 come
        as surrogates. Raises NotSmtpError."""
        *ended, rest = data.split(b"\n")
        for part in ended:
            self._add(part)
            if reply := self._end_line():
                return reply
        self._add(rest)
        return None

    def _add(self, part: bytes) -> None:
        self._line += part[: LONGEST_LINE - len(self._line)]
        if not self._line[:CODE].isdigit() and self._line:
            raise NotSmtpError(self._line[:LONGEST_LINE].decode("utf-8", "replace"))

    def _end_line(self) -> SMTPResponse | None:
        line = bytes(self._line)
        self._line.clear()
        code, mark, text = line[:CODE].strip(), line[CODE : CODE + 1], line[CODE + 1 :].strip()
        if len(code) < CODE:
            raise NotSmtpError(line.decode("utf-8", "replace"))
        if self._kept + len(text) <= MOST:
            self._lines.append(text)
            self._kept += len(text) + 1
        if mark == b"-":
            return None
        message = b"\n".join(self._lines).decode("utf-8", "surrogateescape")
        self._lines, self._kept = [], 0
        return SMTPResponse(int(code), message)
