"""Connections to SFTP servers: through the guard, and only with the host key that was confirmed."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import asyncssh

from exports_app.channels._sftp_config import SftpConfig
from exports_app.domain.errors import DeliveryError
from exports_app.outbound.guard import Guard
from exports_app.services.core.extension_points import DestinationPaused

ANSWER_SECONDS = 30.0
"""The most for each answer of a server."""
CLOSING_SECONDS = 2.0
"""The most for each step of cleaning up: a stop waits for it."""
CHECK_SECONDS = 0.2
MOST_TEXT = 300
"""Characters of what a server says."""
HOST_KEYS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""The signatures that each type of host key is used with."""
KEY_EXCHANGES = "-*group-exchange*,*gex*,rsa*"
"""All but those with numbers of the server's choice: with large ones nothing else here would run
meanwhile."""
logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it logs accounts and file names
Work = Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, "Result"]]
Result = TypeVar("Result")


class _Client(asyncssh.SSHClient):
    """Trusts one host key. seen: the one that the server has."""

    def __init__(self, expected: str | None) -> None:
        self._expected = expected
        self.seen = ""

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        del host, addr, port
        self.seen = f"{key.get_algorithm()} {key.get_fingerprint('sha256')}"
        # One that was entered may lack the type
        return self._expected in {self.seen, self.seen.rpartition(" ")[2]}


def run(
    guard: Guard,
    config: SftpConfig,
    work: "Work[Result]",
    check: Callable[[], None],
    seconds: float,
) -> Result:
    """Do the work within `seconds`. Raises DeliveryError, DestinationPaused, and what the guard and
    `check` raise."""
    if config.host_key is None:
        raise DestinationPaused(
            f"confirm the host key of {config.host} first: test the destination, and compare the"
            " key that it shows with what the server's operator tells you"
        )

    async def connected() -> Result:
        async with _sftp(config, connection, login) as sftp:
            return await work(sftp)

    login = _login(config)
    end = time.monotonic() + seconds
    with guard.connect(config.host, config.port, check=check) as connection, _reporting(config):
        return asyncio.run(_watched(connected(), check, end))


def host_key(guard: Guard, config: SftpConfig, check: Callable[[], None], seconds: float) -> str:
    """The type and the fingerprint of the server's host key. Nobody signs in. Raises as `run`."""
    client = _Client(None)

    async def fetched() -> str:
        with suppress(asyncssh.HostKeyNotVerifiable):
            await answer(_connection(config, connection, client, {}))
        return client.seen

    end = time.monotonic() + seconds
    with guard.connect(config.host, config.port, check=check) as connection, _reporting(config):
        return asyncio.run(_watched(fetched(), check, end))


async def answer(asked: Awaitable[Result]) -> Result:
    """Raises TimeoutError where the server does not answer in time."""
    async with asyncio.timeout(ANSWER_SECONDS):
        return await asked


async def briefly(asked: Awaitable[Any]) -> None:
    """For cleaning up: it does not matter whether it succeeds."""
    with suppress(asyncssh.Error, OSError):
        async with asyncio.timeout(CLOSING_SECONDS):
            await asked


async def _watched(
    work: Coroutine[Any, Any, Result], check: Callable[[], None], end: float
) -> Result:
    """The work, which is cancelled when `check` raises or the time is over (end: on the monotonic
    clock). It has a little time to clean up then."""
    asyncio.get_running_loop().set_exception_handler(_unretrieved)
    task = asyncio.create_task(work)
    try:
        async with asyncio.timeout(end - time.monotonic()):
            while not (await asyncio.wait({task}, timeout=CHECK_SECONDS))[0]:
                check()
        return task.result()
    finally:
        task.cancel()
        if (await asyncio.wait({task}, timeout=4 * CLOSING_SECONDS))[0] and not task.cancelled():
            task.exception()  # what went wrong while it was cleaned up is no news


def _unretrieved(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Requests that asyncssh left under way fail when their connection ends: that is no news."""
    if not isinstance(context.get("exception"), asyncssh.Error | OSError):
        loop.default_exception_handler(context)


@asynccontextmanager
async def _sftp(
    config: SftpConfig, connection: socket.socket, login: dict[str, Any]
) -> AsyncIterator[asyncssh.SFTPClient]:
    client = _Client(config.host_key)
    try:
        made = await answer(_connection(config, connection, client, login))
    except asyncssh.HostKeyNotVerifiable:
        raise DestinationPaused(
            f"{config.host} has another host key than the one that was confirmed: {client.seen}."
            " Ask the server's operator whether it was changed. If so, enter the new one"
        ) from None
    try:
        yield await answer(made.start_sftp_client())
    finally:
        made.close()
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await made.wait_closed()
        except TimeoutError:
            made.abort()


def _login(config: SftpConfig) -> dict[str, Any]:
    key, password = config.private_key, config.password
    keys = None
    if key:
        # To look for faults in an RSA key takes long, and nothing else runs meanwhile
        text = key.get_secret_value()
        keys = [asyncssh.import_private_key(text, unsafe_skip_rsa_key_validation=True)]
    return {"password": password.get_secret_value() if password else None, "client_keys": keys}


async def _connection(
    config: SftpConfig, connection: socket.socket, client: _Client, login: dict[str, Any]
) -> asyncssh.SSHClientConnection:
    """Nothing is read from files or agents of this machine. Raises HostKeyNotVerifiable before
    anything about the account is sent."""
    confirmed = (config.host_key or "").rpartition(" ")[0]
    # The confirmed type first: a server with several keys shows the one of the first type it has
    types = sorted(HOST_KEYS, key=lambda kind: kind != confirmed)
    return await asyncssh.connect(
        sock=connection,
        config=None,
        client_factory=lambda: client,
        known_hosts=([], [], []),
        kex_algs=KEY_EXCHANGES,
        server_host_key_algs=[name for kind in types for name in HOST_KEYS[kind]],
        username=config.user,
        **{"client_keys": None, **login},
        agent_path=None,
        compression_algs=None,
        client_version="exports-app",
        login_timeout=ANSWER_SECONDS,
        keepalive_interval=ANSWER_SECONDS,
    )


@contextmanager
def _reporting(config: SftpConfig) -> Iterator[None]:
    """Errors of the library as our own."""
    host = config.host
    try:
        yield
    except asyncssh.PermissionDenied as e:
        way = "the private key" if config.private_key else "the password"
        raise DeliveryError(
            f"{host} did not let {config.user} sign in: check the user and {way}"
        ) from e
    except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported) as e:
        raise DeliveryError(
            f"{host} and this server have no common way to connect ({said(e)}): the other one"
            " needs a newer SSH server"
        ) from e
    except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.DisconnectError) as e:
        raise DeliveryError(f"{host} ended the connection: {said(e)}", permanent=False) from e
    except asyncssh.SFTPError as e:
        raise DeliveryError(f"{host} answered: {said(e)}", permanent=False) from e
    except asyncssh.ChannelOpenError as e:
        raise DeliveryError(f"{host} offers no SFTP to {config.user}: {said(e)}") from e
    except TimeoutError as e:
        raise DeliveryError(f"{host} did not answer in time", permanent=False) from e
    except (ValueError, LookupError, ArithmeticError) as e:  # from the library, for wrong numbers
        raise DeliveryError(f"{host} does not keep to the protocol of SSH") from e
    except OSError as e:
        raise DeliveryError(f"the connection to {host} was lost", permanent=False) from e


def said(error: asyncssh.Error) -> str:
    """What a server says, as one line."""
    text = "".join(c if c.isprintable() else " " for c in str(error.reason)).strip()
    return text[:MOST_TEXT] or "no reason"
