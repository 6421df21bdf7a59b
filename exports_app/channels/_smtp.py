"""One connection to the mail server, used by one thread for one run's messages."""

import asyncio
import re
import socket
import ssl
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from aiosmtplib import SMTP, SMTPResponse, SMTPStatus
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)
from pydantic import SecretStr

from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._smtp_dialogue import HIDDEN, Dialogue, Secrets
from exports_app.domain.errors import DeliveryError, DeliveryUnknown

CONNECT_TIMEOUT = 15.0
"""Seconds for the connection, its TLS handshake and the server's greeting."""
COMMAND_TIMEOUT = 60.0
"""Seconds for the answer to one command."""
SLOWEST = 50_000
"""Bytes a second: a message gets the time that it needs on a line this slow, on top of a
command's."""
ATTEMPTS = 2
"""After so many failed connections in a row the run's other messages fail at once: fifty
recipients, not fifty timeouts."""
BLOCK = 1 << 16
"""Bytes that are handed on at a time."""
LEADING_DOT = re.compile(rb"(?m)^\.")
CHALLENGE = 334
"""RFC 4954, 4."""
GOING_AWAY = 421
"""The server closes the connection (RFC 5321, 3.8): nothing is said about the message."""
TOO_LARGE = 552
"""RFC 1870, 6.1."""
NOT_SIGNED_IN = frozenset({530, 535})
"""RFC 4954, 6."""

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    tls: Tls
    user: str
    password: SecretStr
    tls_context: ssl.SSLContext | None = None
    """None: the system's certificates."""
    connect_timeout: float = CONNECT_TIMEOUT
    command_timeout: float = COMMAND_TIMEOUT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _DroppedError(Exception):
    """The connection went away before the server had any of the message: another one may carry
    it."""


class _Client(SMTP):
    complete = False
    """Whether the end of the last message was written: from there on it may have arrived."""
    dialogue: Dialogue | None = None
    """Where it is written down what is said; None: nowhere."""
    secrets: Secrets
    signing_in = False

    async def connect(self, **options: Any) -> SMTPResponse:
        try:
            answer = await super().connect(**options)
        except SMTPConnectResponseError as e:
            self._heard(e.code, e.message)
            raise
        return self._heard(answer.code, answer.message)

    async def execute_command(self, *args: bytes, **options: Any) -> SMTPResponse:
        self._said(*args)
        answer = await super().execute_command(*args, **options)
        return self._heard(answer.code, answer.message)

    async def starttls(self, *args: Any, **options: Any) -> SMTPResponse:
        self._said(b"STARTTLS")
        try:
            answer = await super().starttls(*args, **options)
        except SMTPResponseException as e:
            self._heard(e.code, e.message)
            raise
        return self._heard(answer.code, answer.message)

    async def login(self, *args: Any, **options: Any) -> SMTPResponse:
        self.signing_in = True
        try:
            return await super().login(*args, **options)
        finally:
            self.signing_in = False

    def _said(self, *words: bytes) -> None:
        """Of a sign-in only its mechanism is written down: what follows is a name, a password, or
        made of both."""
        if self.signing_in:
            shown = words[:2] if words[:1] == (b"AUTH",) else ()
            self.secrets.add(*words[len(shown) :])
            words = (*shown, *([HIDDEN.encode()] if len(words) > len(shown) else []))
        if self.dialogue:
            self.dialogue.said(*words)

    def _heard(self, code: int, message: str) -> SMTPResponse:
        if self.dialogue:
            # A challenge and its answer together would let somebody try passwords
            hidden = (
                HIDDEN
                if code == CHALLENGE
                else self.secrets.hide(message)
                if self.signing_in
                else message
            )
            self.dialogue.heard(code, hidden)
        return SMTPResponse(code, message)

    async def send_data(self, pieces: Sequence[bytes | bytearray], seconds: float) -> None:
        """As `data`, which would hold the message four times: in blocks, no more of them than the
        other side takes. seconds: for all of it."""
        self.complete = False
        start = await self.execute_command(b"DATA", timeout=self.timeout)
        if start.code != SMTPStatus.start_input:
            raise SMTPDataError(start.code, start.message)
        try:
            async with asyncio.timeout(seconds):
                answer = await self._write(pieces)
            if self.dialogue:
                self.dialogue.happened(f"the message, {sum(map(len, pieces)):,} bytes")
                self.dialogue.heard(answer.code, answer.message)
        except TimeoutError:
            raise SMTPTimeoutError("Timed out while sending the message") from None
        except OSError:  # of the connection or of TLS
            raise SMTPServerDisconnected("Connection lost while sending the message") from None
        if answer.code != SMTPStatus.completed:
            raise SMTPDataError(answer.code, answer.message)

    async def _write(self, pieces: Sequence[bytes | bytearray]) -> SMTPResponse:
        protocol = self.protocol
        waiter = protocol._response_waiter if protocol else None  # noqa: SLF001 (aiosmtplib offers no other way to see it)
        if protocol is None or waiter is None:
            raise SMTPServerDisconnected("Connection lost")
        protocol._response_pending = True  # noqa: SLF001  (as its own DATA does: an answer is awaited from here on)
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
        # It refuses before it has seen the end: nothing more can be said on this connection
        answer: SMTPResponse = waiter.result()
        self.close()
        return answer

    def close(self) -> None:
        """At once: the polite end of TLS waits for the other side, and our loop stands still
        between two messages."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class SmtpConnection:
    """Connects at the first message, again when the server has closed the connection between two
    messages."""

    def __init__(self, server: Server, dialogue: Dialogue | None = None) -> None:
        self._server, self._dialogue = server, dialogue
        self._runner = asyncio.Runner()  # aiosmtplib is asynchronous; runs live in plain threads
        self._client: _Client | None = None
        self._trouble: list[DeliveryError] = []

    def send(
        self,
        sender: Mailbox,
        recipient: Mailbox,
        content: Sequence[bytes | bytearray],
        seconds: float | None = None,
    ) -> None:
        """Returns once the server has accepted the message. seconds: for all of it; None: each
        command has its own time.

        Raises DeliveryError: with the server's own answer where it gave one, permanent for 5xx;
        DeliveryUnknown where the connection was lost after the message had begun.
        """
        self._runner.run(self._within(seconds, self._send(sender, recipient, content)))

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises DeliveryError."""
        self._client = self._runner.run(self._connect())

    def close(self) -> None:
        with self._runner:
            if self._client is not None:
                self._runner.run(self._quit(self._client))

    async def _within(self, seconds: float | None, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await work
        except TimeoutError:
            text = (
                f"the mail server {self._server} took longer than {seconds:g} s: check SMTP_HOST, "
                "SMTP_PORT and SMTP_TLS"
            )
            raise DeliveryError(text, permanent=False) from None

    async def _send(
        self, sender: Mailbox, recipient: Mailbox, content: Sequence[bytes | bytearray]
    ) -> None:
        if self._client is not None and self._client.is_connected:
            try:
                await self._transact(self._client, sender, recipient, content)
            except _DroppedError:
                self._drop()
            else:
                return
        self._client = await self._connect()
        try:
            await self._transact(self._client, sender, recipient, content)
        except _DroppedError as e:
            self._drop()
            raise DeliveryError(str(e), permanent=False) from None

    async def _transact(
        self,
        client: "_Client",
        sender: Mailbox,
        recipient: Mailbox,
        content: Sequence[bytes | bytearray],
    ) -> None:
        size = sum(map(len, content))
        await self._envelope(client, sender, recipient, size)
        try:
            await client.send_data(content, self._server.command_timeout + size / SLOWEST)
        except (SMTPServerDisconnected, SMTPTimeoutError):
            self._drop()
            raise self._lost(client) from None
        except SMTPResponseException as e:
            if e.code < 0:  # not an SMTP answer at all
                self._drop()
                raise self._lost(client) from None
            raise await self._refused(client, e) from None

    async def _envelope(self, client: SMTP, sender: Mailbox, recipient: Mailbox, size: int) -> None:
        utf8 = not (sender.local + recipient.local).isascii()
        if utf8 and not client.supports_extension("smtputf8"):
            raise DeliveryError(
                f"the mail server {self._server} takes only ASCII letters before the @ of an "
                "address"
            )
        encoding = "utf-8" if utf8 else "ascii"
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        if client.supports_extension(
            "size"
        ):  # a message too large is refused before it is sent (RFC 1870)
            options.append(f"SIZE={size}")
        try:
            await client.mail(sender.address, options=options, encoding=encoding)
        except (SMTPServerDisconnected, SMTPTimeoutError, SMTPResponseException) as e:
            raise await self._not_begun(client, e, of_sender=True) from None
        try:
            await client.rcpt(recipient.address, encoding=encoding)
        except (SMTPServerDisconnected, SMTPTimeoutError, SMTPResponseException) as e:
            raise await self._not_begun(client, e) from None

    async def _not_begun(
        self, client: SMTP, error: SMTPException, *, of_sender: bool = False
    ) -> Exception:
        """What a failed envelope means: another connection may carry the message, or the server has
        refused it."""
        if isinstance(error, SMTPTimeoutError):
            seconds = f"{self._server.command_timeout:g} s"
            return _DroppedError(f"the mail server {self._server} did not answer within {seconds}")
        if not isinstance(error, SMTPResponseException):
            return _DroppedError(
                f"the mail server {self._server} closed the connection before the message was sent"
            )
        if error.code == GOING_AWAY or error.code < 0:
            return _DroppedError(_answer(error))
        refused = await self._refused(client, error)
        if of_sender and refused.permanent:
            # It would refuse every other message of the run alike: they fail at once, as where
            # nobody can sign in
            refused = DeliveryError(f"{refused.message} (check {_setting(error)})")
            self._drop()
            self._trouble.append(refused)
        return refused

    async def _refused(self, client: SMTP, refusal: SMTPResponseException) -> DeliveryError:
        """The refusal as our error; the connection is ready for the next message, or gone."""
        try:
            if refusal.code == GOING_AWAY:
                self._drop()
            else:
                await client.rset()
        except SMTPException:
            self._drop()
        return DeliveryError(_answer(refusal), permanent=refusal.code >= 500)

    def _lost(self, client: "_Client") -> DeliveryError:
        """A server that has not seen the end of a message must not deliver it (RFC 5321,
        4.1.1.4)."""
        what = f"the connection to {self._server} was lost"
        if client.complete:
            return DeliveryUnknown(
                f"{what} after the message was sent: it may have arrived, or not"
            )
        return DeliveryError(
            f"{what} while the message was being sent: it has not arrived", permanent=False
        )

    async def _connect(self) -> _Client:
        if self._trouble and (self._trouble[-1].permanent or len(self._trouble) >= ATTEMPTS):
            raise DeliveryError(self._trouble[-1].message, permanent=self._trouble[-1].permanent)
        client = _Client(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.tls == "tls",
            start_tls=False,  # below: the library's own way cannot say which step failed
            tls_context=self._server.tls_context,
            local_hostname=_own_name(),
            timeout=self._server.command_timeout,
        )
        client.dialogue = self._dialogue
        client.secrets = Secrets(self._server.user, self._server.password.get_secret_value())
        try:
            await self._greet(client)
            if self._server.tls == "starttls":
                await self._upgrade(client)
            if self._server.user:
                await self._sign_in(client)
        except DeliveryError as e:
            client.close()
            self._trouble.append(e)
            raise
        self._trouble.clear()
        return client

    async def _greet(self, client: SMTP) -> None:
        try:
            await client.connect(timeout=self._server.connect_timeout)
            await _hello(client)
        except (SMTPException, OSError) as e:
            raise self._unreachable(e) from None

    async def _upgrade(self, client: SMTP) -> None:
        if not client.supports_extension("starttls"):
            text = (
                f"the mail server {self._server} offers no STARTTLS, and nothing is sent without "
                "it: check SMTP_TLS and SMTP_PORT"
            )
            raise DeliveryError(text, permanent=False)
        try:
            await client.starttls(timeout=self._server.connect_timeout)
            await _hello(client)
        except (SMTPException, OSError) as e:
            raise self._unreachable(e) from None

    async def _sign_in(self, client: _Client) -> None:
        what = f"the mail server {self._server} refused the sign-in"
        try:
            await client.login(self._server.user, self._server.password.get_secret_value())
        except SMTPAuthenticationError as e:
            told = client.secrets.hide(_answer(e))  # a server may repeat what it was given
            raise DeliveryError(
                f"{what}: {told} (check SMTP_USER and SMTP_PASS)", permanent=e.code >= 500
            ) from None
        except SMTPServerDisconnected:
            raise DeliveryError(
                f"{what} and closed the connection: check SMTP_USER and SMTP_PASS", permanent=False
            ) from None
        except (SMTPTimeoutError, SMTPResponseException) as e:
            raise self._unreachable(e) from None
        except SMTPException:
            text = (
                f"the mail server {self._server} offers no sign-in that we know: check SMTP_USER, "
                "SMTP_TLS and SMTP_PORT"
            )
            raise DeliveryError(text, permanent=False) from None

    def _unreachable(self, error: Exception) -> DeliveryError:
        where = f"the mail server {self._server}"
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = (
                f"the certificate of {where} is not trusted ({cause.verify_message}): check "
                "SMTP_HOST, or the certificate"
            )
        elif isinstance(cause, ssl.SSLError):
            text = (
                f"no TLS connection to {where} ({cause.reason or 'handshake failed'}): check "
                "SMTP_TLS and SMTP_PORT"
            )
        elif isinstance(error, SMTPResponseException) and error.code < 0:
            text = f"{where} does not speak SMTP: check SMTP_HOST and SMTP_PORT"
        elif isinstance(error, SMTPConnectResponseError | SMTPHeloError | SMTPResponseException):
            text = f"{where} refused the connection: {_answer(error)}"
        elif isinstance(error, SMTPTimeoutError):
            text = f"{where} did not answer in time: check SMTP_HOST, SMTP_PORT and SMTP_TLS"
        elif isinstance(cause, OSError) and cause.strerror:
            text = f"{where} cannot be reached ({cause.strerror}): check SMTP_HOST and SMTP_PORT"
        else:
            text = (
                f"{where} cannot be reached, or closed the connection: check SMTP_HOST, SMTP_PORT "
                "and SMTP_TLS"
            )
        return DeliveryError(text, permanent=False)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _quit(self, client: SMTP) -> None:
        try:
            if client.is_connected:
                await client.quit(timeout=self._server.connect_timeout)
        except (SMTPException, OSError):
            pass  # every message has its answer already: how the connection ends changes nothing
        self._drop()


async def _drained(protocol: Any, waiter: "asyncio.Future[SMTPResponse]") -> None:
    """Until the other side has taken enough of what was written, or answers."""
    drain = asyncio.ensure_future(protocol._drain_helper())  # noqa: SLF001 (aiosmtplib offers no other way to see it)
    await asyncio.wait({drain, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if not waiter.done():
        drain.result()
    elif not drain.done():
        drain.cancel()
    else:
        drain.exception()  # the answer is what counts


def _blocks(pieces: Sequence[bytes | bytearray]) -> Iterator[bytes]:
    """The content as it travels: a line that begins with a dot gets another one (RFC 5321, 4.5.2).
    Each piece ends a line."""
    for piece in pieces:
        stuffed = piece
        if piece.startswith(b".") or b"\n." in piece:
            stuffed = LEADING_DOT.sub(b"..", piece)
        with memoryview(stuffed) as view:
            for start in range(0, len(view), BLOCK):
                yield bytes(view[start : start + BLOCK])


def _setting(refusal: SMTPResponseException) -> str:
    """What to look at where the server refuses the sender."""
    if refusal.code == TOO_LARGE:
        return "ATTACH_MAX_MB: the message is too large for the mail server"
    if refusal.code in NOT_SIGNED_IN:
        return "SMTP_USER and SMTP_PASS"
    return "SMTP_FROM"


async def _hello(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


@cache
def _own_name() -> str:
    return socket.getfqdn()


def _answer(refusal: SMTPResponseException) -> str:
    """``550 5.1.1 no such user``: the server's answer on one line, in characters that any database
    takes."""
    text = refusal.message.encode("utf-8", "replace").decode()
    return (
        f"{refusal.code} {' '.join(''.join(c if c.isprintable() else ' ' for c in text).split())}"[
            :1000
        ].strip()
    )
