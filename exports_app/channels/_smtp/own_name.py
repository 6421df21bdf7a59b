"""Who we are, as we tell the server in EHLO (RFC 5321, 4.1.1.1)."""

import re
import socket
import threading
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address

LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
LONGEST = 253
NAME_SECONDS = 5.0
"""Seconds for the name service to tell the machine's name; meanwhile our address stands for it."""
IPV6 = "IPv6:"
NOT_OURS = ("localhost.localdomain", "arpa")
"""Names with a dot that every machine has, or that stand for an address."""


def checked(name: str) -> str:
    """A host name, or an address literal such as ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]``. Raises
    ValueError with a sentence that says what is wrong."""
    if not name:
        return name
    bare = name.removeprefix("[").removesuffix("]")
    address = _address(bare)
    if address and name != literal(str(address)):
        raise ValueError(f"must be written {literal(str(address))}")
    if not address and not is_host_name(name):
        raise ValueError(
            "must be a host name, e.g. exports.example.com, or an address literal, e.g. "
            "[192.0.2.1] or [IPv6:2001:db8::1]"
        )
    return name


def is_host_name(name: str) -> bool:
    """Letters, digits and hyphens between dots (RFC 5321, 4.1.2)."""
    return len(name) <= LONGEST and all(map(LABEL.fullmatch, name.split(".")))


def host_name() -> str:
    """The machine's full host name; empty where it has no dot, since many servers refuse such
    names, and while the name service has not told it within NAME_SECONDS."""
    look = _look_up()
    look.thread.join(NAME_SECONDS)
    return look.name


class _LookUp:
    """In a thread of its own: nothing can end it before the name service answers."""

    def __init__(self) -> None:
        self.name = ""
        self.thread = threading.Thread(target=self._run, name="own-name", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.name = _full_name()


@cache
def _look_up() -> _LookUp:
    return _LookUp()


def _full_name() -> str:
    name = socket.getfqdn()
    common = name.lower().endswith(NOT_OURS)
    return name if "." in name and is_host_name(name) and not common and not _address(name) else ""


def literal(address: str) -> str:
    """An IP address as it stands in place of a host name (RFC 5321, 4.1.3)."""
    parsed = ip_address(address.partition("%")[0])  # without the zone of a link-local address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return f"[{parsed}]" if parsed.version == 4 else f"[{IPV6}{parsed}]"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    if text.lower().startswith(IPV6.lower()):
        text = text[len(IPV6) :]
    try:
        return ip_address(text)
    except ValueError:
        return None
