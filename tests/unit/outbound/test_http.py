"""HTTP through the guard, with servers and a name server of the tests' own."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address, ip_network

import httpx
import pytest
import trustme

from exports_app.outbound import http
from exports_app.outbound.errors import NoAnswer, Refused, Stopped, Unreachable
from exports_app.outbound.guard import Guard
from exports_app.outbound.networks import Address
from tests.unit.outbound.name_server import name_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOCAL = ip_network("127.0.0.0/8")
Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def server(
    answer: bytes | Answer = OK, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """Its port, and the requests that it gets: one for each connection."""
    seen: list[bytes] = []
    listener = socket.create_server((host, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the test is over
                return
            try:
                with tls.wrap_socket(connection, server_side=True) if tls else connection as peer:
                    request = peer.recv(65536)
                    if request == b"stop":
                        return
                    seen.append(request)
                    if callable(answer):
                        answer(peer, request)
                    else:
                        peer.sendall(answer)
            except OSError:  # the client went away
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port, seen
    finally:
        try:
            if tls is None:
                with socket.create_connection((host, port)) as last:
                    last.sendall(b"stop")
                thread.join()
        finally:
            listener.close()


def get(url: str, *, seconds: float = 10, most: int = 1000, guard: Guard | None = None) -> str:
    with http.client(guard or Guard([LOCAL]), seconds=seconds, most=most) as client:
        return client.get(url).text


def test_an_answer() -> None:
    with server() as (port, seen):
        assert get(f"http://127.0.0.1:{port}/x?y") == "ok"
    assert seen[0].startswith(b"GET /x?y HTTP/1.1\r\n")
    assert b"gzip" not in seen[0]


def test_a_name_is_looked_up_once_and_not_again_behind_the_guards_back() -> None:
    with name_server(["127.0.0.2", "10.0.0.1"]) as names, server(host="127.0.0.2") as (port, _):
        guard = Guard([ip_network("127.0.0.2/32")], names.resolve)
        assert get(f"http://rebind.example:{port}/", guard=guard) == "ok"
        assert names.asked == 1
        with pytest.raises(Refused):
            get(f"http://rebind.example:{port}/", guard=guard)
        assert names.asked == 2


def test_addresses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with server() as (port, _):
        assert get(f"http://127.0.0.1:{port}/secret") == "ok"
    assert "secret" not in caplog.text


def test_a_redirect_is_an_answer_like_others() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    with server(moved) as (port, seen), http.client(Guard([LOCAL]), seconds=10) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status_code == 302
    assert len(seen) == 1


def test_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as (port, _), server(b"HTTP/1.1 502 No\r\n\r\n") as (proxy, seen):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert get(f"http://127.0.0.1:{port}/") == "ok"
    assert seen == []


@pytest.mark.parametrize("host", ["xn--a", "xn--.example", "xn--i-7iq.example"])
def test_a_name_that_cannot_be_decoded_is_refused_as_it_is_typed(host: str) -> None:
    with pytest.raises(Refused, match="not a valid one"):
        Guard().check_url(f"https://{host}/")


@pytest.mark.parametrize("url", ["http://1.1.1.1/", "https://u:p@127.0.0.1/", "https://10.0.0.1/"])
def test_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Refused):
        get(url)


def test_a_huge_answer() -> None:
    def endless(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)

    with server(endless) as (port, _), pytest.raises(Refused, match="more than 1,000 bytes"):
        get(f"http://127.0.0.1:{port}/")


def test_endless_headers() -> None:
    def endless(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            peer.sendall(b"a: " + b"x" * 65536 + b"\r\n")

    with server(endless) as (port, _), pytest.raises(NoAnswer):
        get(f"http://127.0.0.1:{port}/")


def test_informational_answers_without_end() -> None:
    def endless(peer: socket.socket, _: bytes) -> None:
        while True:
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with server(endless) as (port, _), pytest.raises(NoAnswer, match="before the body"):
        get(f"http://127.0.0.1:{port}/")


def test_a_compressed_answer_is_not_unpacked() -> None:
    small = gzip.compress(bytes(10_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(small)}\r\n\r\n"
    with (
        server(head.encode() + small) as (port, _),
        http.client(Guard([LOCAL]), seconds=10) as client,
    ):
        assert client.get(f"http://127.0.0.1:{port}/").content == small


def test_an_answer_that_drips_ends_in_time() -> None:
    """Each byte comes soon after the one before: a limit for each reading would never end it."""
    over = threading.Event()

    def drip(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.wait(0.02):
            peer.sendall(b"x")

    with server(drip) as (port, _):
        with pytest.raises(NoAnswer, match=r"within 0\.3 seconds"):
            get(f"http://127.0.0.1:{port}/", seconds=0.3)
        over.set()


def test_no_answer_and_a_broken_one() -> None:
    with server(lambda *_: None) as (port, _), pytest.raises(NoAnswer, match="connection was lost"):
        get(f"http://127.0.0.1:{port}/")
    with server(b"SSH-2.0-x\r\n") as (port, _), pytest.raises(NoAnswer):
        get(f"http://127.0.0.1:{port}/")


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        get(f"http://127.0.0.1:{port}/")


def test_tls_checks_the_host_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    ca = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("good.example").configure_cert(tls)
    trusting = ssl.create_default_context()
    guard = Guard([LOCAL], lambda *_: [ip_address("127.0.0.1")])
    with server(tls=tls) as (port, seen):
        with pytest.raises(Unreachable, match="certificate is not valid"):
            get(f"https://good.example:{port}/", guard=guard)  # nobody trusts its issuer
        ca.configure_trust(trusting)
        monkeypatch.setattr(http, "_tls", lambda: trusting)
        assert get(f"https://good.example:{port}/", guard=guard) == "ok"
        with pytest.raises(Unreachable, match="certificate is not valid"):
            get(f"https://other.example:{port}/", guard=guard)
    assert len(seen) == 1


def test_a_body_is_sent_in_parts() -> None:
    def answer(peer: socket.socket, request: bytes) -> None:
        while not request.endswith(b"0\r\n\r\n"):
            request += peer.recv(65536)
        peer.sendall(OK)

    with server(answer) as (port, _), http.client(Guard([LOCAL]), seconds=10) as client:
        sent = client.post(f"http://127.0.0.1:{port}/", content=iter([b"a" * 70_000, b"b"]))
    assert sent.status_code == 200
    assert isinstance(sent, httpx.Response)


@pytest.mark.parametrize("with_tls", [False, True])
@pytest.mark.parametrize("content", [b"", bytes(20_000_000)])
def test_a_check_ends_a_request_that_waits(
    with_tls: bool, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers nothing, and one that reads nothing."""
    ca, over = trustme.CA(), threading.Event()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    monkeypatch.setattr(http, "_tls", lambda: trusting)
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise InterruptedError

    def silent(*_: object) -> None:
        over.wait()

    with (
        server(silent, tls=tls if with_tls else None) as (port, _),
        http.client(Guard([LOCAL]), seconds=600, check=check) as client,
    ):
        url = f"{'https' if with_tls else 'http'}://127.0.0.1:{port}/"
        with pytest.raises(InterruptedError):
            client.post(url, content=content)
        over.set()


def test_a_check_ends_an_answer_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "STEP", 0.01)

    def dripping(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b"x")

    def check() -> None:
        raise InterruptedError

    with (
        server(dripping) as (port, _),
        http.client(Guard([LOCAL]), seconds=600, most=1 << 60, check=check) as client,
        pytest.raises(InterruptedError),
    ):
        client.get(f"http://127.0.0.1:{port}/")


def stopping() -> None:
    raise InterruptedError


def test_a_check_ends_the_handshake_of_tls() -> None:
    """The server takes the connection and says nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        http.client(Guard([LOCAL]), seconds=600, check=stopping) as client,
        pytest.raises(Stopped),
    ):
        client.get(f"https://127.0.0.1:{silent.getsockname()[1]}/")


def test_a_handshake_of_tls_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises((Unreachable, NoAnswer), match=r"in time|complete answer"):
            get(url, seconds=0.5)


def test_a_check_ends_a_connection_that_nobody_takes() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        place = full.getsockname()
        for _ in range(3):  # more than the queue holds: the kernel leaves the next one waiting
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(place)
        with pytest.raises(Stopped):
            Guard([LOCAL]).connect(*place, timeout=600, check=stopping)
        with pytest.raises(Unreachable, match="in time"):
            Guard([LOCAL]).connect(*place, timeout=0.3)


def test_a_check_ends_a_lookup() -> None:
    over = threading.Event()

    def slow(host: str, port: int) -> list[Address]:
        over.wait()
        return []

    with pytest.raises(Stopped):
        Guard((), slow).connect("a.example", 443, timeout=600, check=stopping)
    with pytest.raises(Unreachable, match="name server did not answer in time"):
        Guard((), slow).connect("a.example", 443, timeout=0.3)
    over.set()


def test_a_body_arrives_whole_over_tls_at_a_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    ca, got, go = trustme.CA(), bytearray(), threading.Event()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    monkeypatch.setattr(http, "_tls", lambda: trusting)
    content = bytes(range(256)) * 80_000

    def slow(peer: socket.socket, request: bytes) -> None:
        go.wait()
        got.extend(request)
        while not got.endswith(content[-1024:]) or len(got) < len(content):
            got.extend(peer.recv(65536))
        peer.sendall(OK)

    with (
        server(slow, tls=tls) as (port, _),
        http.client(Guard([LOCAL]), seconds=60, check=go.set) as client,
    ):
        assert client.post(f"https://127.0.0.1:{port}/", content=content).text == "ok"
    assert bytes(got).partition(b"\r\n\r\n")[2] == content
