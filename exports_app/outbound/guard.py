"""The guard: a name is looked up once, each address is checked, and the connection goes to exactly
a checked one. A name that leads elsewhere a moment later (DNS rebinding) changes nothing."""

import errno
import os
import selectors
import socket
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult, urlsplit

import httpx

from exports_app import log
from exports_app.outbound.errors import Refused, Unreachable
from exports_app.outbound.lookup import Resolver, literal, look_up, system_resolver
from exports_app.outbound.networks import Address, Network, is_named, is_public, kind
from exports_app.outbound.waiting import Deadline

_log = log.get(__name__)

SECONDS = 10.0
"""For the lookup and the connection together."""


class Guard:
    """allowed: networks that may be reached although they are not public (ALLOWED_NETWORKS).
    Safe for use by several threads."""

    def __init__(
        self, allowed: Sequence[Network] = (), resolver: Resolver = system_resolver
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver

    def check_url(self, url: str) -> SplitResult:
        """What is wrong with an address as it is typed; asks no name server. http is for hosts in
        ALLOWED_NETWORKS alone, since anyone on the way could read it. Raises Refused."""
        parts = split(url)
        address = literal(parts.hostname or "")
        if address is not None:
            self._check(str(parts.hostname), address, plain=parts.scheme == "http")
        elif parts.scheme == "http" and not self._allowed:
            raise Refused("the address must begin with https://")
        return parts

    def resolve(
        self,
        host: str,
        port: int,
        *,
        seconds: float = SECONDS,
        plain: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> list[Address]:
        """The addresses of a host that may be connected to, at least one.

        plain: without TLS, for which the host must be in ALLOWED_NETWORKS. check: called a few
        times a second; what it raises ends the wait. Raises Refused, Unreachable, Stopped.
        """
        return self._resolved(host, port, Deadline(seconds, check), plain=plain)

    def connect(
        self,
        host: str,
        port: int,
        timeout: float = SECONDS,
        *,
        plain: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> socket.socket:
        """A TCP connection to a checked address of the host, within `timeout` seconds in all.
        plain, check: as for `resolve`. Raises Refused, Unreachable, Stopped."""
        deadline = Deadline(timeout, check)
        addresses = self._resolved(host, port, deadline, plain=plain)
        error: OSError = TimeoutError()
        for n, address in enumerate(addresses):
            try:
                return _connected(address, port, deadline.part(1 / (len(addresses) - n)))
            except OSError as e:
                error = e
        reason = "did not answer in time" if isinstance(error, TimeoutError) else error.strerror
        raise Unreachable(f"no connection to {host}, port {port}: {reason or error}")

    def _resolved(self, host: str, port: int, deadline: Deadline, *, plain: bool) -> list[Address]:
        if not 0 < port < 1 << 16:
            raise Refused("use a port from 1 to 65535")
        address = literal(host)
        found = [address] if address else look_up(self._resolver, host, port, deadline)
        good = [a for a in found if self._may(a, plain=plain)]
        if not good and found:
            self._check(host, found[0], plain=plain)
        if not good:
            raise Unreachable(f"{host} has no address: check the name")
        return good

    def _may(self, address: Address, *, plain: bool) -> bool:
        return is_named(address, self._allowed) or (not plain and is_public(address))

    def _check(self, host: str, address: Address, *, plain: bool) -> None:
        if self._may(address, plain=plain):
            return
        # The address of a name is in the log alone: it may be one that only this network knows
        _log.info("an address is not allowed", host=host, address=str(address))
        if is_public(address):
            raise Refused("the address must begin with https://")
        raise Refused(
            f"{host} is {kind(address)}. Use a public address, or ask the operator of this server"
            " to add its network to ALLOWED_NETWORKS"
        )


def split(url: str) -> SplitResult:
    """The parts of an https or http URL with a host and without user info. Raises Refused."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Refused("use an address of ASCII characters, without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("use an address such as https://hooks.example.com/exports") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise Refused("use an address such as https://hooks.example.com/exports")
    if "@" in parts.netloc:
        raise Refused("leave out the user name and the password before the host")
    if port == 0:
        raise Refused("use a port from 1 to 65535")
    try:
        _ = httpx.URL(url).host
    except (httpx.InvalidURL, UnicodeError):  # such as of a label xn--… that stands for no name
        raise Refused("check the address: it is not a valid one") from None
    return parts


def _connected(address: Address, port: int, deadline: Deadline) -> socket.socket:
    """Raises OSError, Stopped."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        _wait_for(connection, connection.connect_ex((str(address), port)), deadline)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(True)
    except BaseException:
        connection.close()
        raise
    return connection


def _wait_for(connection: socket.socket, code: int, deadline: Deadline) -> None:
    """Until it is connected. code: of the beginning. Raises OSError, Stopped."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_WRITE)
        while code == errno.EINPROGRESS:
            if selector.select(deadline.step()):
                code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
