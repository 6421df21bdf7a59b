"""A port that is about to close."""

import socket
import sys

import pytest

from exports_app.launch.last_connections import let_none_begin


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel has the filter")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_connections_that_had_begun_are_served_and_none_begins(address: str) -> None:
    try:
        listening = socket.create_server((address, 0), family=_family(address))
    except OSError:
        assert address == "::1"
        pytest.skip("this machine has no IPv6")
    with listening, socket.create_server(("127.0.0.1", 0)) as other:
        port = listening.getsockname()[1]
        with socket.create_connection((address, port), 10) as begun:
            begun.sendall(b"asked")
            let_none_begin(port)
            with pytest.raises(TimeoutError):
                socket.create_connection((address, port), 0.1)
            socket.create_connection(other.getsockname(), 10).close()
            taken, _ = listening.accept()
            with taken:
                assert taken.recv(10) == b"asked"
                taken.sendall(b"answered")
            assert begun.recv(10) == b"answered"


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def test_a_port_that_is_not_ours_is_left_alone() -> None:
    let_none_begin(0)
