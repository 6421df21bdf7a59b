"""One connection to the mail server, used by one thread for one run's messages."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
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

POLL = 0.4
"""Seconds between two questions whether the run goes on."""

Content = Sequence[bytes | bytearray]
"""A message in pieces, each of which ends a line."""


class _DroppedError(Exception):
    """The connection was lost before the server had any of the message: another connection may
    carry it."""


class SmtpConnection:
    """Connects at the first message, and again when the server has closed the connection between
    two messages.

    check: asked every `POLL` seconds while a message is on its way; it raises once nothing more may
    be sent.
    """

    def __init__(
        self,
        server: Server,
        dialogue: Dialogue | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._server = server
        self._dialogue = dialogue
        self._check = check
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
        DeliveryUnknown where the connection was lost, or the run stopped, after the message's end
        was written.
        """
        self._runner.run(self._watched(self._send(sender, recipient, content), seconds))

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises DeliveryError."""
        self._client = self._runner.run(self._connect())

    def close(self) -> None:
        with self._runner:
            if self._client is not None:
                self._runner.run(self._quit(self._client))

    async def _watched(self, work: Coroutine[Any, Any, None], seconds: float | None) -> None:
        """The work, until its time is over or the run stops."""
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        task = loop.create_task(work)
        while True:
            left = POLL if end is None else min(POLL, end - loop.time())
            done, _ = await asyncio.wait({task}, timeout=max(left, 0))
            if done:
                return task.result()
            late = seconds is not None and left <= 0
            if late or self._stopped():
                return await self._give_up(task, seconds if late else None)

    async def _give_up(self, task: "asyncio.Task[None]", seconds: float | None) -> None:
        """Give up the message, and say what became of it. seconds: how long it was waited for;
        None: the run stopped."""
        client = self._client
        while not task.done():
            task.cancel()  # again, where a reply came at the same moment
            await asyncio.wait({task}, timeout=POLL)
        if not task.cancelled():
            return task.result()
        complete = client is not None and client.complete
        self._drop()
        raise replies.given_up(self._server, seconds, complete=complete)

    def _stopped(self) -> bool:
        try:
            self._check()
        except Exception:  # noqa: BLE001 (whatever it is, the run's thread asks itself and tells)
            return True
        return False

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
        client.complete = False
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
