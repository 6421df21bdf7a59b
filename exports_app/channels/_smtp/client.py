"""aiosmtplib's client, which records the dialogue, waits at each step as long as it may take, and
sends a message in blocks."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPConnectResponseError,
    SMTPConnectTimeoutError,
    SMTPDataError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._smtp import replies
from exports_app.channels._smtp.dialogue import HIDDEN, Dialogue, Secrets
from exports_app.channels._smtp.protocol import Protocol
from exports_app.channels._smtp.server import Server

BLOCK = 1 << 16
"""Bytes that are written at a time."""
LEADING_DOT = re.compile(rb"(?m)^\.")
CHALLENGE = 334
"""The server asks for the next part of a sign-in (RFC 4954, 4)."""


class Client(SMTP):
    protocol: Protocol | None
    complete = False
    """Whether the end of the last message was written: from there on it may have arrived."""
    signing_in = False

    def __init__(self, server: Server, dialogue: Dialogue | None) -> None:
        """dialogue: where the commands and the replies are recorded; None: nowhere."""
        self.server = server
        super().__init__(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=False,  # as a step of its own: the library's way cannot say which step failed
            tls_context=server.tls_context,
            local_hostname=server.helo or "localhost",  # `opening` knows the right one by then
            timeout=server.patience.command,
        )
        self.patience = server.patience
        self.dialogue = dialogue
        self.secrets = Secrets(server.user, server.password.get_secret_value())

    async def connect(self, **options: Any) -> SMTPResponse:
        try:
            reply = await super().connect(**options)
        except SMTPConnectResponseError as e:
            self._record_reply(e.code, e.message)
            raise
        return self._record_reply(reply.code, reply.message)

    async def _create_connection(self, timeout: float | None) -> SMTPResponse:  # noqa: ASYNC109, ARG002 (aiosmtplib's name; it has one time for all)
        """As the library's own, with a time of its own for the greeting."""
        seconds = self.patience.connect
        loop = asyncio.get_running_loop()
        protocol = Protocol(loop=loop, connection_lost_callback=self._on_connection_lost)
        context = await self._get_tls_context() if self.use_tls else None
        try:
            async with asyncio.timeout(seconds):
                self.transport, _ = await loop.create_connection(
                    lambda: protocol,
                    host=self.server.host,
                    port=self.server.port,
                    ssl=context,
                    ssl_handshake_timeout=seconds if context else None,
                )
        except TimeoutError as e:
            raise SMTPConnectTimeoutError("Timed out while connecting") from e
        except OSError as e:
            raise SMTPConnectError("Not connected") from e
        self.protocol = protocol
        try:
            reply = await protocol.read_response(timeout=self.patience.greeting)
        except SMTPServerDisconnected as e:
            raise SMTPConnectError("Connection lost before the greeting") from e
        if not replies.is_positive(reply):
            raise SMTPConnectResponseError(reply.code, reply.message)
        return reply

    async def execute_command(self, *args: bytes, **options: Any) -> SMTPResponse:
        self._record_command(*args)
        reply = await super().execute_command(*args, **options)
        return self._record_reply(reply.code, reply.message)

    async def upgrade(self) -> None:
        """As the library's own `starttls`, with a time of its own for the handshake."""
        context = await self._get_tls_context()
        reply = await self.execute_command(b"STARTTLS")
        if not replies.is_positive(reply):
            raise SMTPResponseException(reply.code, reply.message)
        if self.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        await self.protocol.upgrade(context, self.hostname, self.patience.connect)
        self.transport = self.protocol.transport
        # What was heard before may have come from anyone (RFC 3207, 4.2)
        self._reset_server_state()

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

    @property
    def largest(self) -> int | None:
        """Bytes of a message that the server says it takes (RFC 1870, 4); None: it names no
        limit."""
        return replies.size_limit(self.esmtp_extensions)

    async def begin(
        self, sender: str, recipient: str, options: Sequence[str], encoding: str
    ) -> None:
        """Tell the envelope, up to the server's word to go on. Raises SMTPSenderRefused,
        SMTPRecipientRefused, SMTPDataError."""
        self.complete = False
        reply = await self._mail(f"FROM:<{sender}>".encode(encoding), options)
        if not replies.is_positive(reply):
            raise SMTPSenderRefused(reply.code, reply.message, sender)
        reply = await self.execute_command(b"RCPT", f"TO:<{recipient}>".encode(encoding))
        if not replies.is_positive(reply):
            raise SMTPRecipientRefused(reply.code, reply.message, recipient)
        reply = await self.execute_command(b"DATA", timeout=self.patience.data)
        if not replies.goes_on(reply):
            raise SMTPDataError(reply.code, reply.message)

    async def _mail(self, sender: bytes, options: Sequence[str]) -> SMTPResponse:
        words = [option.encode() for option in options]
        needed = [word for word in words if word == b"SMTPUTF8"]
        reply = await self.execute_command(b"MAIL", sender, *words)
        if reply.code in replies.UNKNOWN_PARAMETER and words != needed:
            # Some servers offer what they then refuse; the rest only tells them more
            reply = await self.execute_command(b"MAIL", sender, *needed)
        return reply

    async def send_content(self, pieces: Sequence[bytes | bytearray]) -> None:
        """Send the message in blocks, and write on as the server reads: aiosmtplib's own `data`
        would hold the message four times. Raises SMTPDataError, SMTPTimeoutError,
        SMTPServerDisconnected."""
        try:
            reply = await self._write(pieces)
        except SMTPTimeoutError:
            raise
        except TimeoutError:
            raise SMTPTimeoutError("Timed out while sending the message") from None
        except OSError:  # of the connection or of TLS
            raise SMTPServerDisconnected("Connection lost while sending the message") from None
        if self.dialogue:
            self.dialogue.event(f"the message, {sum(map(len, pieces)):,} bytes")
            self.dialogue.reply(reply.code, reply.message)
        if not replies.is_positive(reply):
            raise SMTPDataError(reply.code, reply.message)

    async def _write(self, pieces: Sequence[bytes | bytearray]) -> SMTPResponse:
        protocol = self.protocol
        waiter = protocol.awaited if protocol else None
        if protocol is None or waiter is None:
            raise SMTPServerDisconnected("Connection lost")
        protocol.await_reply()
        try:
            for block in _blocks(pieces):
                protocol.write(block)
                async with asyncio.timeout(self.patience.block):
                    await _drained(protocol, waiter)
                if waiter.done():
                    break
            else:
                self.complete = True
                protocol.write(b".\r\n")
                return await protocol.read_response(timeout=self.patience.end)
        except TimeoutError:
            raise
        except (OSError, SMTPServerDisconnected):
            if not waiter.done():
                raise
        # The server refuses before it has read the end: this connection cannot be used any more
        refusal = waiter.result()
        self.close()
        if replies.is_positive(refusal):
            raise SMTPServerDisconnected("Accepted before its end")
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
    try:
        await asyncio.wait({drain, waiter}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not drain.done():
            drain.cancel()
    if not waiter.done():
        drain.result()
    elif drain.done():
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
