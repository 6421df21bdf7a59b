"""An HTTP server of the test's own, as the other side of channels that call one."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """A request. size: bytes of its body, of which `body` are the first ones."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    size: int


@dataclass(frozen=True)
class Said:
    """The answer. hangs_up: the connection ends without one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False


KEPT = 100_000


class HttpSide:
    def __init__(self, answer: Callable[[Asked], Said]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                kept, left = b"", size
                while left and (block := self.rfile.read(min(left, 65_536))):
                    kept += block[: KEPT - len(kept)]
                    left -= len(block)
                if left:
                    return
                said = answer(Asked(self.path, dict(self.headers), kept, size))
                if said.hangs_up:
                    self.close_connection = True
                    return
                with suppress(ConnectionError):  # the client has not waited for it
                    self._say(said)

            def _say(self, said: Said) -> None:
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said.body)

            def log_message(self, *_: object) -> None:
                pass

        for method in ("HEAD", "PUT"):
            setattr(Handler, f"do_{method}", Handler.do_POST)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
