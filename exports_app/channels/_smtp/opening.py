"""Open a connection to the mail server: greeting, STARTTLS, sign-in."""

import asyncio

from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from exports_app.channels._smtp import own_name, replies
from exports_app.channels._smtp.client import Client
from exports_app.channels._smtp.dialogue import Dialogue
from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError


async def open_client(server: Server, dialogue: Dialogue | None) -> Client:
    """A client that can send. dialogue: where commands and replies are recorded. Raises
    DeliveryError."""
    client = Client(server, dialogue)
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


async def _greet(client: Client, server: Server) -> None:
    try:
        await client.connect()
        await _hello(client, server)
    except (SMTPException, OSError) as e:
        raise replies.unreachable(server, e) from None


async def _upgrade(client: Client, server: Server) -> None:
    if not client.supports_extension("starttls"):
        text = (
            f"the mail server {server} offers no STARTTLS, and nothing is sent without it: check "
            "SMTP_TLS and SMTP_PORT"
        )
        raise DeliveryError(text, permanent=False)
    try:
        await client.upgrade()
        await _hello(client, server)
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
            f"the mail server {server} offers no supported sign-in: check SMTP_USER, SMTP_TLS "
            "and SMTP_PORT"
        )
        raise DeliveryError(text, permanent=False) from None


async def _hello(client: Client, server: Server) -> None:
    client.local_hostname = name = await _own_name(client, server)
    try:
        await client.ehlo()
    except SMTPHeloError as refusal:
        if not (replies.is_permanent(refusal) and client.is_connected):
            raise replies.refused_hello(server, name, refusal) from None
        await _old_hello(client, server, refusal)


async def _old_hello(client: Client, server: Server, refusal: SMTPHeloError) -> None:
    """For a server that does not know EHLO (RFC 5321, 3.2). refusal: its answer to EHLO."""
    try:
        await client.helo()
    except SMTPHeloError as e:
        raise replies.refused_hello(server, str(client.local_hostname), e) from None
    except SMTPServerDisconnected:
        raise replies.refused_hello(server, str(client.local_hostname), refusal) from None


async def _own_name(client: Client, server: Server) -> str:
    if server.helo:
        return server.helo
    name = await asyncio.to_thread(own_name.host_name)
    address, *_ = client.get_transport_info("sockname")
    return name or own_name.literal(address)
