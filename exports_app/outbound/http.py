"""HTTP to addresses that users name: each connection goes through the guard.

No proxies of the environment, no redirects, no cookies, no compressed answers; limits for the time
in all and for the size of an answer. TLS checks the certificate against the host of the URL.
"""

import logging
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache

import httpcore
import httpx

from exports_app.outbound.errors import NoAnswer, Refused, Unreachable
from exports_app.outbound.guard import Guard
from exports_app.outbound.waiting import STEP, Deadline

ANSWER = 1_000_000
"""The most bytes of an answer, unless the caller says otherwise."""
HEAD = 200_000
"""The most bytes that are read before the body begins: headers, and informational answers."""
for _library in ("httpx", "httpcore"):  # they log addresses, which may hold secrets
    logging.getLogger(_library).setLevel(logging.WARNING)
_Options = Iterable[httpcore.SOCKET_OPTION] | None


def client(
    guard: Guard, *, seconds: float, most: int = ANSWER, check: Callable[[], None] = lambda: None
) -> httpx.Client:
    """For use by one thread. Close it after use (`with`).

    seconds: for each request in all, from the lookup of the name to the last byte that is read. A
    request with `extensions={"seconds": 600}` has its own limit.
    most: bytes of an answer's body; reading more raises Refused.
    check: called a few times a second while the other side is waited for. What it raises ends the
    request; before anything was sent, as Stopped.
    Raises Refused, Unreachable (nothing was carried out), NoAnswer (it may have been).
    """
    return httpx.Client(
        transport=_Transport(guard, seconds, most, check),
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "exports-app"},
        timeout=None,  # noqa: S113 (the transport has its own, for the whole request)
    )


class _Deadline:
    """Of the request in progress, on the monotonic clock."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check
        self.seconds = 0.0
        self._head = HEAD
        self._end = 0.0
        self._next = 0.0

    def start(self, seconds: float) -> None:
        self.seconds, self._head = seconds, HEAD
        now = time.monotonic()
        self._end, self._next = now + seconds, now + STEP

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.over()
        return left

    def step(self) -> float:
        """Seconds to wait now. Raises NoAnswer, and what `check` raises: also while data comes."""
        left, now = self.left(), time.monotonic()
        if now >= self._next:
            self.check()
            self._next = now + STEP
        return min(left, STEP)

    def took(self, size: int) -> None:
        """Raises NoAnswer where headers, or informational answers, have no end."""
        self._head -= size
        if self._head < 0:
            raise NoAnswer(f"more than {HEAD:,} bytes before the body of the answer")

    def begin_body(self) -> None:
        self._head = sys.maxsize

    def over(self) -> NoAnswer:
        return NoAnswer(f"no complete answer within {self.seconds:g} seconds")


class _Stream(httpcore.NetworkStream):
    """A connection. Each operation has the time that is left of the request's."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        while True:
            self._connection.settimeout(self._deadline.step())
            try:
                data = self._connection.recv(max_bytes)
            except TimeoutError:
                continue
            except OSError as e:
                raise httpcore.ReadError(_reason(e)) from None
            self._deadline.took(len(data))
            return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        left = memoryview(buffer)
        while left:
            self._connection.settimeout(self._deadline.step())
            try:
                left = left[self._connection.send(left) :]
            except TimeoutError:  # nothing was taken
                continue
            except OSError as e:  # the server may have answered before it read everything
                raise httpcore.WriteError(_reason(e)) from None

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        deadline = Deadline(self._deadline.left(), self._deadline.check)
        try:
            encrypted = ssl_context.wrap_socket(
                self._connection, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            try:
                _shake_hands(encrypted, deadline)
            except BaseException:
                encrypted.close()
                raise
        except (OSError, ValueError) as e:
            self.close()
            raise Unreachable(f"no TLS connection to {server_hostname}: {_reason(e)}") from None
        return _Stream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":  # a kept connection that the server has closed meanwhile
            return bool(select.select([self._connection], [], [], 0)[0])
        return None


def _shake_hands(connection: ssl.SSLSocket, deadline: Deadline) -> None:
    """Raises OSError, also where the time is over; Stopped."""
    while True:
        connection.settimeout(deadline.step())
        try:
            return connection.do_handshake()
        except TimeoutError:  # it goes on where it was
            continue


class _Backend(httpcore.NetworkBackend):
    def __init__(self, guard: Guard, deadline: _Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self.plain = False
        """Whether the request in progress goes without TLS."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: _Options = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        deadline = self._deadline
        connection = self._guard.connect(
            host, port, deadline.left(), plain=self.plain, check=deadline.check
        )
        return _Stream(connection, self._deadline)


class _Transport(httpx.BaseTransport):
    def __init__(self, guard: Guard, seconds: float, most: int, check: Callable[[], None]) -> None:
        self._deadline = _Deadline(check)
        self._backend = _Backend(guard, self._deadline)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=self._backend, max_connections=1
        )
        self._guard = guard
        self._seconds = seconds
        self._most = most

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._guard.check_url(str(request.url))
        self._backend.plain = request.url.scheme == "http"
        self._deadline.start(float(request.extensions.get("seconds", self._seconds)))
        content = request.stream
        assert isinstance(content, httpx.SyncByteStream)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=content,
        )
        with _errors():
            answer = self._pool.handle_request(asked)
        self._deadline.begin_body()
        # A compressed answer, for which nobody asked, is not unpacked: it may be huge
        headers = [(k, v) for k, v in answer.headers if k.lower() != b"content-encoding"]
        return httpx.Response(
            answer.status,
            headers=headers,
            stream=_Body(answer, self._most),
            extensions={"http_version": answer.extensions.get("http_version", b"HTTP/1.1")},
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer, of limited size."""

    def __init__(self, answer: httpcore.Response, most: int) -> None:
        self._answer = answer
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        with _errors():
            for part in self._answer.iter_stream():
                size += len(part)
                if size > self._most:
                    raise Refused(f"the server's answer has more than {self._most:,} bytes")
                yield part

    def close(self) -> None:
        self._answer.close()


@cache
def _tls() -> ssl.SSLContext:
    """Trusts whom the operating system trusts, or SSL_CERT_FILE."""
    return ssl.create_default_context()


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of the library as our own, without addresses."""
    try:
        yield
    except httpcore.UnsupportedProtocol:
        raise Refused("the address must begin with https://") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as e:
        raise NoAnswer(f"the connection was lost: {e or type(e).__name__}") from None


def _reason(e: Exception) -> str:
    if isinstance(e, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({e.verify_message})"
    if isinstance(e, TimeoutError):
        return "no answer in time"
    if isinstance(e, ssl.SSLError):
        return str(e.reason or "error of TLS").lower().replace("_", " ")
    return str(getattr(e, "strerror", None) or e)
