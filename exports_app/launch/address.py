"""The address to listen on, checked before the server starts."""

import errno
import socket
import time

from exports_app.launch import holders
from exports_app.launch.errors import StartError

PATIENCE = 2.0
"""Seconds to wait for a port. The worker of a killed server holds its port for a moment."""


def resolve(host: str, port: int) -> str:
    """Return the first address of `host` (IPv4 before IPv6) on which `port` is free.

    granian takes addresses only, and shares ports (SO_REUSEPORT): two servers on one port would
    answer in turn without an error. So the port is tried with a plain bind. Raises StartError if
    the host is not one of this machine's, or the port is taken or not allowed.
    """
    name = host.removeprefix("[").removesuffix("]")
    try:
        addresses = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise StartError(
            f"HOST {host} is unknown: use a name or an address of this machine, e.g. 127.0.0.1"
        ) from None
    refused: OSError | None = None
    for family, _, _, _, address in sorted(addresses, key=lambda x: x[0] != socket.AF_INET):
        try:
            _bind(family, address)
        except OSError as e:
            if e.errno != errno.EADDRNOTAVAIL:
                raise StartError(_why(host, port, e)) from None
            refused = e
        else:
            return str(address[0])
    raise StartError(_why(host, port, refused))


def url(host: str, port: int) -> str:
    """The URL to open in a browser on this machine."""
    name = host.removeprefix("[").removesuffix("]")
    if name in {"127.0.0.1", "0.0.0.0", "::", "::1"}:  # noqa: S104 (compared, not bound)
        name = "localhost" if ":" not in name else "[::1]"
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def _bind(family: int, address: tuple[object, ...]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket(family) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(address)
            except OSError as e:
                if e.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                    raise
            else:
                return
        time.sleep(0.1)


def _why(host: str, port: int, e: OSError | None) -> str:
    if e is not None and e.errno == errno.EADDRINUSE:
        held = holders.of_port(port)
        by = f" by {held}" if held else ""
        return (
            f"port {port} on {host} is taken{by}: stop what listens there, or choose another"
            " (PORT or --port)"
        )
    if e is not None and e.errno == errno.EACCES:
        return f"port {port} needs administrator rights: choose a port above 1023 (PORT or --port)"
    return f"HOST {host} is not an address of this machine"
