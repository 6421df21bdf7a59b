"""The bytes of a connection: aiosmtplib's protocol with a reader of replies that takes what servers
really send."""

import asyncio
import ssl
from typing import Any

from aiosmtplib import SMTPResponse
from aiosmtplib.errors import SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError
from aiosmtplib.protocol import SMTPProtocol

from exports_app.channels._smtp.reply_reader import NotSmtpError, ReplyReader

NO_REPLY = -1
"""aiosmtplib's code for what is no SMTP reply."""


class Protocol(SMTPProtocol):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._reader = ReplyReader()

    @property
    def awaited(self) -> "asyncio.Future[SMTPResponse] | None":
        """The next reply."""
        return self._response_waiter

    def await_reply(self) -> None:
        """A reply is taken from here on: aiosmtplib drops those that it does not wait for."""
        self._response_pending = True

    async def upgrade(self, context: ssl.SSLContext, host_name: str | None, seconds: float) -> None:
        """The TLS handshake after the answer to STARTTLS. seconds: for the handshake."""
        if not isinstance(self.transport, asyncio.WriteTransport) or self.transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        try:
            self.transport = await self._loop.start_tls(
                self.transport,
                self,
                context,
                server_hostname=host_name,
                ssl_handshake_timeout=seconds,
            )
        except (TimeoutError, ConnectionAbortedError) as e:  # asyncio raises both for its timeout
            raise SMTPTimeoutError("Timed out in the TLS handshake") from e
        except ConnectionError as e:
            raise SMTPServerDisconnected("Connection lost in the TLS handshake") from e
        self._over_ssl = True

    def data_received(self, data: bytes) -> None:
        waiter = self._response_waiter
        if waiter is None or waiter.done() or not self._response_pending:
            return
        try:
            reply = self._reader.feed(data)
        except NotSmtpError as e:
            self._set_response_exception(waiter, SMTPResponseException(NO_REPLY, str(e)))
        else:
            if reply is not None:
                waiter.set_result(reply)
