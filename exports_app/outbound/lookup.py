"""Host names to addresses."""

import re
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from exports_app.outbound.errors import Refused, Unreachable
from exports_app.outbound.networks import Address

Resolver = Callable[[str, int, float], list[Address]]
"""From a host name, a port and the most seconds to its addresses. Raises Unreachable."""

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
        raise Refused("use a host name such as hooks.example.com, in ASCII characters")
    if _NUMBER.fullmatch(text.rpartition(".")[2]):
        raise Refused("write the address with four numbers from 0 to 255, such as 192.0.2.1")
    return None


def system_resolver(host: str, port: int, seconds: float) -> list[Address]:
    """Asks as the operating system does. The lookup has a thread of its own, since it cannot be
    stopped: it may take longer than the caller waits."""
    answers: list[list[Address] | OSError] = []

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append([ip_address(str(place[0])) for *_, place in found])
        except (OSError, UnicodeError, ValueError) as e:
            answers.append(e if isinstance(e, OSError) else OSError(str(e)))

    thread = threading.Thread(target=look_up, name="lookup", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise Unreachable(f"the name server did not answer in time for {host}")
    if isinstance(answers[0], OSError):
        raise Unreachable(f"{host} was not found: check the name")
    return list(dict.fromkeys(answers[0]))
