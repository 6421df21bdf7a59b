"""The end of a port without a lost connection.

Where a listening socket is closed, Linux resets the connections that it has accepted and the
program has not: a balancer has sent a request by one, and cannot tell whether it was carried out.
So first no new connection begins, then the program takes those that there are, and only then the
port closes.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SECONDS = 0.2
"""For the program to take the connections that had begun, and to read their requests."""
_OPEN = Path("/proc/self/fd")
_SO_ATTACH_FILTER = 26
_PASS, _DROP = 0xFFFFFFFF, 0
_INSTRUCTIONS = (
    (0x30, 0, 0, 13),  # load the flags of the TCP header
    (0x54, 0, 0, 0x12),  # of these SYN and ACK
    (0x15, 1, 0, 0x02),  # SYN alone begins a connection
    (0x06, 0, 0, _PASS),
    (0x06, 0, 0, _DROP),
)
"""Of the kernel's packet filter (linux/filter.h): code, jumps where true and where false, value."""


def let_none_begin(port: int) -> None:
    """From now on this process's port answers no attempt to connect. Who tries does so again after
    a second, and is refused then, since the port is closed. Does nothing where the kernel is not
    Linux. Raises OSError where it does not allow it."""
    for listening in _listening(port):
        _attach(listening)


def _listening(port: int) -> Iterator[socket.socket]:
    """Copies of the sockets that listen at the port."""
    for entry in list(_OPEN.iterdir()) if _OPEN.is_dir() else ():
        try:
            copy = os.dup(int(entry.name))
        except OSError:  # the listing's own, which is closed by now
            continue
        try:
            found = socket.socket(fileno=copy)
        except OSError:  # no socket
            os.close(copy)
            continue
        with closing(found):
            if _listens(found, port):
                yield found


def _listens(found: socket.socket, port: int) -> bool:
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return bool(listens) and bool(found.getsockname()[1] == port)


def _attach(listening: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in _INSTRUCTIONS)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("HP", len(_INSTRUCTIONS), ctypes.addressof(held))
    listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
