"""One connection to the mail server, used by one thread for one run's messages."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from aiosmtplib.errors import (
    SMTPException,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._smtp import replies
from exports_app.channels._smtp.client import Client
from exports_app.channels._smtp.dialogue import Dialogue
from exports_app.channels._smtp.opening import open_client
from exports_app.channels._smtp.protocol import NO_REPLY
from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError, MessageTooLarge

ATTEMPTS = 2
"""After so many failed connections or messages without an answer in a row, the run's other messages
fail at once: fifty recipients, not fifty timeouts."""

LAST_WORD = 1.0
"""Seconds that a run which stops waits for the answer after a message's end."""
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
        """In a row, of connections and of messages that the server did not answer; or the refusal
        that holds for the whole run."""

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

    def check(self, seconds: float) -> None:
        """Connect and sign in, and send nothing. seconds: for all of it. Raises DeliveryError."""
        self._runner.run(self._watched(self._open(), seconds))

    def close(self) -> None:
        with self._runner:
            if self._client is not None:
                # Every message has its answer already: how the connection ends changes nothing
                with suppress(DeliveryError):
                    seconds = self._server.patience.goodbye
                    self._runner.run(self._watched(self._quit(self._client), seconds))
            self._drop()

    async def _watched(self, work: Coroutine[Any, Any, object], seconds: float | None) -> None:
        """The work, until its time is over or the run stops."""
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        task = loop.create_task(work)
        while True:
            left = POLL if end is None else min(POLL, end - loop.time())
            done, _ = await asyncio.wait({task}, timeout=max(left, 0))
            if done:
                task.result()
                return
            late = seconds is not None and left <= 0
            if late or self._stopped():
                await self._give_up(task, seconds if late else None)
                return

    async def _give_up(self, task: "asyncio.Task[object]", seconds: float | None) -> None:
        """Give up the message, and say what became of it. seconds: how long it was waited for;
        None: the run stopped."""
        client = self._client
        if seconds is None and client is not None and client.complete:
            # All is sent, and the answer may be on its way: it tells more than "unknown"
            await asyncio.wait({task}, timeout=LAST_WORD)
        while not task.done():
            task.cancel()  # again, where a reply came at the same moment
            await asyncio.wait({task}, timeout=POLL)
        if not task.cancelled():
            task.result()
            return
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
        self._drop()  # what the connection before it carried says nothing about this message
        client = await self._open()
        try:
            await self._transact(client, sender, recipient, content)
        except _DroppedError as e:
            self._drop()
            raise DeliveryError(str(e), permanent=False) from None

    async def _transact(
        self, client: Client, sender: Mailbox, recipient: Mailbox, content: Content
    ) -> None:
        await self._envelope(client, sender, recipient, sum(map(len, content)))
        try:
            await client.send_content(content)
        except SMTPResponseException as e:
            if e.code == NO_REPLY:
                self._drop()
                raise replies.lost(self._server, complete=client.complete) from None
            raise await self._refused(client, e) from None
        except (SMTPServerDisconnected, SMTPTimeoutError) as e:
            self._drop()
            if isinstance(e, SMTPTimeoutError):
                self._failures.append(replies.silent(self._server))
            raise replies.lost(self._server, complete=client.complete) from None
        self._failures.clear()

    async def _envelope(
        self, client: Client, sender: Mailbox, recipient: Mailbox, size: int
    ) -> None:
        client.complete = False
        if client.largest is not None and size > client.largest:
            raise replies.beyond(self._server, size, client.largest)
        options, encoding = self._options(client, sender, recipient)
        if client.supports_extension("size"):
            # The server refuses a message that is too large before it is sent (RFC 1870)
            options.append(f"SIZE={size}")
        try:
            await client.begin(sender.address, recipient.address, options, encoding)
        except (SMTPServerDisconnected, SMTPTimeoutError, SMTPResponseException) as e:
            raise await self._not_begun(client, e) from None

    def _options(
        self, client: Client, sender: Mailbox, recipient: Mailbox
    ) -> tuple[list[str], str]:
        """What follows the sender in MAIL, and the encoding of both addresses."""
        if (sender.local + recipient.local).isascii():
            return [], "ascii"
        if not client.supports_extension("smtputf8"):
            raise DeliveryError(
                f"the mail server {self._server} takes only ASCII letters before the @ of an "
                "address"
            )
        # A server that has the one must have the other (RFC 6531, 3.1); some name only the first
        body = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
        return ["SMTPUTF8", *body], "utf-8"

    async def _not_begun(self, client: Client, error: SMTPException) -> Exception:
        """What a failed envelope means: another connection may carry the message, or the server has
        refused it."""
        if isinstance(error, SMTPTimeoutError):
            self._failures.append(replies.silent(self._server))
            return _DroppedError(f"the mail server {self._server} did not answer in time")
        if not isinstance(error, SMTPResponseException):
            return _DroppedError(
                f"the mail server {self._server} closed the connection before the message was sent"
            )
        if error.code in {replies.GOING_AWAY, NO_REPLY}:
            return _DroppedError(replies.closing(self._server, error))
        of_sender = isinstance(error, SMTPSenderRefused)
        refusal = await self._refused(client, error, of_sender=of_sender)
        if of_sender and refusal.permanent and not isinstance(refusal, MessageTooLarge):
            # It would refuse every other message of the run too: they fail at once, as after a
            # refused sign-in
            self._drop()
            self._failures.append(refusal)
        return refusal

    async def _refused(
        self, client: Client, refusal: SMTPResponseException, *, of_sender: bool = False
    ) -> DeliveryError:
        """The refusal as our error. The connection is ready for the next message afterwards, or
        closed."""
        self._failures.clear()
        try:
            if refusal.code == replies.GOING_AWAY:
                self._drop()
            else:
                await client.rset(timeout=self._server.patience.reset)
        except SMTPException:
            self._drop()
        return replies.refused(refusal, of_sender=of_sender)

    async def _open(self) -> Client:
        if self._failures and (self._failures[-1].permanent or len(self._failures) >= ATTEMPTS):
            last = self._failures[-1]
            raise DeliveryError(last.message, permanent=last.permanent)
        try:
            self._client = await open_client(self._server.now(), self._dialogue)
        except DeliveryError as e:
            self._failures.append(e)
            raise
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _quit(self, client: Client) -> None:
        with suppress(SMTPException, OSError):
            if client.is_connected:
                await client.quit()
