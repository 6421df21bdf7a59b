"""Host names to addresses."""

import re
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address

from exports_app.outbound.errors import Refused, Unreachable
from exports_app.outbound.networks import Address
from exports_app.outbound.waiting import Deadline, in_a_thread

Resolver = Callable[[str, int], list[Address]]
"""From a host name and a port to its addresses. It may take its time. Raises Unreachable."""

MOST_CHARACTERS = 253
"""Of a host name (RFC 1035)."""
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def literal(host: str) -> Address | None:
    """The address that a host is; None for a name. Raises Refused for what is neither: some
    programs read 0177.0.0.1, 2130706433 or 127.1 as an address, others as a name."""
    text = host.lower().removeprefix("[").removesuffix("]")
    if "%" in text:
        raise Refused("use an address without a zone (%)")
    try:
        return ip_address(text)
    except ValueError:
        pass
    if text.endswith("."):
        raise Refused("use the host name without a dot at its end")
    if len(text) > MOST_CHARACTERS or not _NAME.fullmatch(text):
        raise Refused("use a host name such as server.example.com, in ASCII characters")
    if _NUMBER.fullmatch(text.rpartition(".")[2]):
        raise Refused("write the address with four numbers from 0 to 255, such as 192.0.2.1")
    return None


def system_resolver(host: str, port: int) -> list[Address]:
    """Asks as the operating system does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ip_address(str(place[0])) for *_, place in found))
    except (OSError, UnicodeError, ValueError):
        raise Unreachable(f"{host} was not found: check the name") from None


def look_up(resolver: Resolver, host: str, port: int, deadline: Deadline) -> list[Address]:
    """Raises Unreachable, Stopped."""
    try:
        return in_a_thread(partial(resolver, host, port), deadline)
    except TimeoutError:
        raise Unreachable(f"the name server did not answer in time for {host}") from None
