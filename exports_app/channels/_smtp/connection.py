"""One connection to the mail server, used by one thread for one run's messages."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._smtp import replies
from exports_app.channels._smtp.client import Client
from exports_app.channels._smtp.dialogue import Dialogue
from exports_app.channels._smtp.opening import open_client
from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError

SLOWEST = 50_000
"""Bytes a second. A message gets the seconds that it takes at this speed, on top of a
command's."""
ATTEMPTS = 2
"""After so many failed connections in a row the run's other messages fail at once: fifty
recipients, not fifty timeouts."""

Content = Sequence[bytes | bytearray]
"""A message in pieces, each of which ends a line."""


class _DroppedError(Exception):
    """The connection was lost before the server had any of the message: another connection may
    carry it."""


class SmtpConnection:
    """Connects at the first message, and again when the server has closed the connection between
    two messages."""

    def __init__(self, server: Server, dialogue: Dialogue | None = None) -> None:
        self._server = server
        self._dialogue = dialogue
        self._runner = asyncio.Runner()  # aiosmtplib is asynchronous; runs are in plain threads
        self._client: Client | None = None
        self._failures: list[DeliveryError] = []
        """Of connections in a row, or the refusal that holds for the whole run."""

    def send(
        self, sender: Mailbox, recipient: Mailbox, content: Content, seconds: float | None = None
    ) -> None:
        """Returns once the server has accepted the message. seconds: for all of it; None: each
        command has its own time.

        Raises DeliveryError: with the server's own reply where it gave one, permanent for 5xx;
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

    async def _send(self, sender: Mailbox, recipient: Mailbox, content: Content) -> None:
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
        self, client: Client, sender: Mailbox, recipient: Mailbox, content: Content
    ) -> None:
        size = sum(map(len, content))
        await self._envelope(client, sender, recipient, size)
        try:
            await client.send_data(content, self._server.command_timeout + size / SLOWEST)
        except (SMTPServerDisconnected, SMTPTimeoutError):
            self._drop()
            raise replies.lost(self._server, complete=client.complete) from None
        except SMTPResponseException as e:
            if e.code < 0:  # not an SMTP reply at all
                self._drop()
                raise replies.lost(self._server, complete=client.complete) from None
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
        if client.supports_extension("size"):
            # The server refuses a message that is too large before it is sent (RFC 1870)
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
        if error.code == replies.GOING_AWAY or error.code < 0:
            return _DroppedError(replies.text_of(error))
        refusal = await self._refused(client, error)
        if of_sender and refusal.permanent:
            # It would refuse every other message of the run too: they fail at once, as after a
            # refused sign-in
            refusal = DeliveryError(f"{refusal.message} (check {replies.setting_to_check(error)})")
            self._drop()
            self._failures.append(refusal)
        return refusal

    async def _refused(self, client: SMTP, refusal: SMTPResponseException) -> DeliveryError:
        """The refusal as our error. The connection is ready for the next message afterwards, or
        closed."""
        try:
            if refusal.code == replies.GOING_AWAY:
                self._drop()
            else:
                await client.rset()
        except SMTPException:
            self._drop()
        return replies.refused(refusal)

    async def _connect(self) -> Client:
        if self._failures and (self._failures[-1].permanent or len(self._failures) >= ATTEMPTS):
            last = self._failures[-1]
            raise DeliveryError(last.message, permanent=last.permanent)
        try:
            client = await open_client(self._server, self._dialogue)
        except DeliveryError as e:
            self._failures.append(e)
            raise
        self._failures.clear()
        return client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _quit(self, client: SMTP) -> None:
        try:
            if client.is_connected:
                await client.quit(timeout=self._server.connect_timeout)
        except (SMTPException, OSError):
            pass  # every message has its reply already: how the connection ends changes nothing
        self._drop()
