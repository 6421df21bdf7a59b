"""A worker's small HTTP server: /live for whoever restarts it, /metrics for Prometheus."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.exposition import ThreadingWSGIServer

from exports_app import metrics_text
from exports_app.domain.errors import ExportsError
from exports_app.services.core import request_context
from exports_app.wiring import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

CLIENT_SECONDS = 10.0
"""A client that sends nothing for so long is dropped."""
MOST_CONNECTIONS = 20
"""Each has a thread and a descriptor of the worker: one more ends the oldest, which no scrape
needs for so long."""
TEXT = "text/plain; charset=utf-8"


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, *_: object) -> None:
        """Scrapes are no news."""


class _Server(ThreadingWSGIServer):
    daemon_threads = True

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open = dict[socket.socket, None]()
        """In the order in which they began."""
        self._opening = threading.Lock()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._opening:
            self._open[request] = None
            if len(self._open) > MOST_CONNECTIONS:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with suppress(OSError):  # its client has left already
                    oldest.shutdown(socket.SHUT_RDWR)  # its thread closes it
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._opening:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news either."""


@contextmanager
def serve(services: Services, alive: Callable[[], bool]) -> Iterator[None]:
    """For the length of the block, where WORKER_METRICS_PORT is set. alive: whether the engine
    works. Raises ExportsError where the port cannot be opened."""
    host, port = services.settings.worker_metrics_host, services.settings.worker_metrics_port
    if port is None:
        yield
        return
    pages = _Pages(services, alive)
    try:
        server = make_server(host, port, pages, _Server, handler_class=_Handler)
    except OSError as e:
        raise ExportsError(
            f"WORKER_METRICS_PORT {port} of {host} cannot be opened: {e.strerror or e}"
        ) from e
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Pages:
    """A WSGI app."""

    def __init__(self, services: Services, alive: Callable[[], bool]) -> None:
        self._services = services
        self._alive = alive
        self._one_at_a_time = threading.Lock()

    def __call__(
        self, request: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        status, kind, body = self._answer(request)
        headers = [
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
        ]
        start_response(status, headers)
        return [] if request["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, request: "WSGIEnvironment") -> tuple[str, str, bytes]:
        if request["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return "405 Method Not Allowed", TEXT, b"only GET\n"
        if request["PATH_INFO"] == "/live":
            alive = self._alive()
            return (
                ("200 OK", TEXT, b"ok\n")
                if alive
                else ("503 Service Unavailable", TEXT, b"the engine has stopped\n")
            )
        if request["PATH_INFO"] != "/metrics":
            return "404 Not Found", TEXT, b"/live and /metrics\n"
        if not self._may_read(request):
            return "401 Unauthorized", TEXT, b"send METRICS_TOKEN as 'Authorization: Bearer ...'\n"
        return "200 OK", CONTENT_TYPE_LATEST, self._metrics()

    def _metrics(self) -> bytes:
        health = self._services.health
        with self._one_at_a_time:
            _, reasons = health.database()
            healthy = self._alive() and not reasons and not health.unreachable()
            return metrics_text.of_worker(self._services, healthy=healthy)

    def _may_read(self, request: "WSGIEnvironment") -> bool:
        """As at /api/metrics."""
        token = self._services.settings.metrics_token.get_secret_value()
        sent = str(request.get("HTTP_AUTHORIZATION", ""))
        if token and compare_digest(sent.encode(), f"Bearer {token}".encode()):
            return True
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in request.items()
            if name.startswith("HTTP_")
        }
        return request_context.is_local(str(request["REMOTE_ADDR"]), headers)
