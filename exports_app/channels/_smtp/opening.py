"""Open a connection to the mail server: greeting, STARTTLS, sign-in."""

import socket
from functools import cache

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._smtp import replies
from exports_app.channels._smtp.client import Client
from exports_app.channels._smtp.dialogue import Dialogue, Secrets
from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError


async def open_client(server: Server, dialogue: Dialogue | None) -> Client:
    """A client that can send. dialogue: where commands and replies are recorded. Raises
    DeliveryError."""
    client = Client(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls == "tls",
        start_tls=False,  # done below: the library's own way cannot say which step failed
        tls_context=server.tls_context,
        local_hostname=_own_name(),
        timeout=server.command_timeout,
    )
    client.dialogue = dialogue
    client.secrets = Secrets(server.user, server.password.get_secret_value())
    try:
        await _greet(client, server)
        if server.tls == "starttls":
            await _upgrade(client, server)
        if server.user:
            await _sign_in(client, server)
    except BaseException:  # also where the run is cancelled
        client.close()
        raise
    return client


async def _greet(client: SMTP, server: Server) -> None:
    try:
        await client.connect(timeout=server.connect_timeout)
        await _hello(client)
    except (SMTPException, OSError) as e:
        raise replies.unreachable(server, e) from None


async def _upgrade(client: SMTP, server: Server) -> None:
    if not client.supports_extension("starttls"):
        text = (
            f"the mail server {server} offers no STARTTLS, and nothing is sent without it: check "
            "SMTP_TLS and SMTP_PORT"
        )
        raise DeliveryError(text, permanent=False)
    try:
        await client.starttls(timeout=server.connect_timeout)
        await _hello(client)
    except (SMTPException, OSError) as e:
        raise replies.unreachable(server, e) from None


async def _sign_in(client: Client, server: Server) -> None:
    what = f"the mail server {server} refused the sign-in"
    try:
        await client.login(server.user, server.password.get_secret_value())
    except SMTPAuthenticationError as e:
        reply = client.secrets.hide(replies.text_of(e))  # it may repeat what was sent
        raise DeliveryError(
            f"{what}: {reply} (check SMTP_USER and SMTP_PASS)", permanent=replies.is_permanent(e)
        ) from None
    except SMTPServerDisconnected:
        raise DeliveryError(
            f"{what} and closed the connection: check SMTP_USER and SMTP_PASS", permanent=False
        ) from None
    except (SMTPTimeoutError, SMTPResponseException) as e:
        raise replies.unreachable(server, e) from None
    except SMTPException:
        text = (
            f"the mail server {server} offers no sign-in that we know: check SMTP_USER, SMTP_TLS "
            "and SMTP_PORT"
        )
        raise DeliveryError(text, permanent=False) from None


async def _hello(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


@cache
def _own_name() -> str:
    return socket.getfqdn()
