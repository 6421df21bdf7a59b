"""A file for an import, sent to the real server over a real connection."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from exports_app import wiring
from exports_app.services.campaigns.uploads import LIMIT
from exports_app.services.identity.cookies import SESSION_COOKIE
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.e2e.server import start_server
from tests.world import Cast, make_cast, sign_in

KEY = "a key for these tests alone, long enough to sign with"
PATIENCE = 15.0
"""Seconds to wait for an answer."""
HALF = b"x" * 200_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    with start_server(folder, {"SECRET_KEY": KEY, "DEMO": "0"}) as server:
        yield f"{server.url}#{folder / 'data'}"


@pytest.fixture(scope="module")
def served(url: str) -> Iterator[Services]:
    """A second pair of hands on the server's database."""
    data = Path(url.partition("#")[2])
    built = wiring.build(Settings(data_dir=data, secret_key=KEY, demo=False))
    yield built
    built.close()


@pytest.fixture(scope="module")
def people(served: Services, password_hash: str) -> Cast:
    return make_cast(served, password_hash)


class Sender:
    """One connection that sends a file."""

    def __init__(self, url: str, served: Services, people: Cast, length: int) -> None:
        self._session = sign_in(served, people.admin.user)
        self.code = served.uploads.begin(
            people.admin.who, self._session, people.acme.id, "a.csv", 1
        )
        self._served = served
        self._who = people.admin.who
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.connection = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        head = (
            f"POST /api/uploads/{self.code} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Origin: http://{parts.netloc}\r\nCookie: {SESSION_COOKIE}={self._session}\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        self.connection.sendall(head.encode())

    def answer(self) -> str:
        """Up to the end of the head."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = self.connection.recv(65536)
            assert part, received
            received += part
        return received.decode()

    def is_closed(self) -> bool:
        """Waits until the server closes the connection."""
        while self.connection.recv(65536):
            pass
        return True

    def content(self) -> bytes:
        return self._served.uploads.find(self._who, self._session, self.code).path.read_bytes()


def test_a_file_that_is_too_large_is_refused_and_its_connection_closed(
    url: str, served: Services, people: Cast
) -> None:
    sender = Sender(url, served, people, LIMIT + 1)
    with closing(sender.connection):
        assert sender.answer().startswith("HTTP/1.1 413 ")
        assert sender.is_closed()


def test_a_file_that_comes_slowly_holds_up_no_other(
    url: str, served: Services, people: Cast
) -> None:
    slow = Sender(url, served, people, 2 * len(HALF))
    with closing(slow.connection):
        slow.connection.sendall(HALF)
        quick = Sender(url, served, people, len(HALF))
        with closing(quick.connection):
            quick.connection.sendall(HALF)
            assert quick.answer().startswith("HTTP/1.1 204 ")
        assert quick.content() == HALF
        address = url.partition("#")[0]
        assert httpx.get(f"{address}/api/health", timeout=PATIENCE).status_code == 200
        slow.connection.sendall(HALF)
        assert slow.answer().startswith("HTTP/1.1 204 ")
        assert slow.content() == HALF + HALF
