"""aiosmtplib's client with two additions: it records the dialogue, and it sends a message in
blocks."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any

from aiosmtplib import SMTP, SMTPResponse, SMTPStatus
from aiosmtplib.errors import (
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._smtp.dialogue import HIDDEN, Dialogue, Secrets

BLOCK = 1 << 16
"""Bytes that are written at a time."""
LEADING_DOT = re.compile(rb"(?m)^\.")
CHALLENGE = 334
"""The server asks for the next part of a sign-in (RFC 4954, 4)."""


class Client(SMTP):
    complete = False
    """Whether the end of the last message was written: from there on it may have arrived."""
    dialogue: Dialogue | None = None
    """Where the commands and the replies are recorded; None: nowhere."""
    secrets: Secrets
    signing_in = False

    async def connect(self, **options: Any) -> SMTPResponse:
        try:
            reply = await super().connect(**options)
        except SMTPConnectResponseError as e:
            self._record_reply(e.code, e.message)
            raise
        return self._record_reply(reply.code, reply.message)

    async def execute_command(self, *args: bytes, **options: Any) -> SMTPResponse:
        self._record_command(*args)
        reply = await super().execute_command(*args, **options)
        return self._record_reply(reply.code, reply.message)

    async def starttls(self, *args: Any, **options: Any) -> SMTPResponse:
        self._record_command(b"STARTTLS")
        try:
            reply = await super().starttls(*args, **options)
        except SMTPResponseException as e:
            self._record_reply(e.code, e.message)
            raise
        return self._record_reply(reply.code, reply.message)

    async def login(self, *args: Any, **options: Any) -> SMTPResponse:
        self.signing_in = True
        try:
            return await super().login(*args, **options)
        finally:
            self.signing_in = False

    def _record_command(self, *words: bytes) -> None:
        """Of a sign-in only the mechanism is recorded: what follows is the user name, the password,
        or made of both."""
        if self.signing_in:
            shown = words[:2] if words[:1] == (b"AUTH",) else ()
            self.secrets.add(*words[len(shown) :])
            words = (*shown, *([HIDDEN.encode()] if len(words) > len(shown) else []))
        if self.dialogue:
            self.dialogue.command(*words)

    def _record_reply(self, code: int, message: str) -> SMTPResponse:
        if self.dialogue:
            self.dialogue.reply(code, self._without_secrets(code, message))
        return SMTPResponse(code, message)

    def _without_secrets(self, code: int, message: str) -> str:
        if code == CHALLENGE:
            # Whoever reads a challenge and its answer can try passwords
            return HIDDEN
        return self.secrets.hide(message) if self.signing_in else message

    async def send_data(self, pieces: Sequence[bytes | bytearray], seconds: float) -> None:
        """Send the message in blocks, and write on as the server reads: aiosmtplib's own `data`
        would hold the message four times. seconds: for all of it."""
        self.complete = False
        start = await self.execute_command(b"DATA", timeout=self.timeout)
        if start.code != SMTPStatus.start_input:
            raise SMTPDataError(start.code, start.message)
        try:
            async with asyncio.timeout(seconds):
                reply = await self._write(pieces)
            if self.dialogue:
                self.dialogue.event(f"the message, {sum(map(len, pieces)):,} bytes")
                self.dialogue.reply(reply.code, reply.message)
        except TimeoutError:
            raise SMTPTimeoutError("Timed out while sending the message") from None
        except OSError:  # of the connection or of TLS
            raise SMTPServerDisconnected("Connection lost while sending the message") from None
        if reply.code != SMTPStatus.completed:
            raise SMTPDataError(reply.code, reply.message)

    async def _write(self, pieces: Sequence[bytes | bytearray]) -> SMTPResponse:
        protocol = self.protocol
        waiter = protocol._response_waiter if protocol else None  # noqa: SLF001 (aiosmtplib has no public access to the awaited reply)
        if protocol is None or waiter is None:
            raise SMTPServerDisconnected("Connection lost")
        protocol._response_pending = True  # noqa: SLF001 (aiosmtplib's own DATA sets it too: a reply is awaited from here on)
        try:
            for block in _blocks(pieces):
                protocol.write(block)
                await _drained(protocol, waiter)
                if waiter.done():
                    break
            else:
                self.complete = True
                protocol.write(b".\r\n")
                return await protocol.read_response()
        except (OSError, SMTPServerDisconnected):
            if not waiter.done():
                raise
        # The server refuses before it has read the end: this connection cannot be used any more
        refusal: SMTPResponse = waiter.result()
        self.close()
        return refusal

    def close(self) -> None:
        """Close at once: TLS's own end waits for the server, and the event loop only runs while a
        message is sent."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


async def _drained(protocol: Any, waiter: "asyncio.Future[SMTPResponse]") -> None:
    """Wait until the server has read enough of what was written, or replies."""
    drain = asyncio.ensure_future(protocol._drain_helper())  # noqa: SLF001 (aiosmtplib has no public way to wait for the buffer)
    await asyncio.wait({drain, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if not waiter.done():
        drain.result()
    elif not drain.done():
        drain.cancel()
    else:
        drain.exception()  # marks it as read; the reply is what counts


def _blocks(pieces: Sequence[bytes | bytearray]) -> Iterator[bytes]:
    """The content as it is sent: a line that begins with a dot gets another one (RFC 5321, 4.5.2).
    Each piece ends a line."""
    for piece in pieces:
        stuffed = piece
        if piece.startswith(b".") or b"\n." in piece:
            stuffed = LEADING_DOT.sub(b"..", piece)
        with memoryview(stuffed) as view:
            for start in range(0, len(view), BLOCK):
                yield bytes(view[start : start + BLOCK])
