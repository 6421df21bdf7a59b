"""A store that answers what the test says."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], bytes]
GONE: Answer = (0, {}, b"")
"""The connection ends without an answer."""
PUT: Answer = (200, {"ETag": '"1"'}, b"")
NO_FILE: Answer = (404, {}, b"")


def error(status: int, code: str, message: str = "No.") -> Answer:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, text.encode()


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedStore:
    answers: list[Answer]
    """One for each request; the last is repeated."""
    port: int = 0
    seen: list[Request] = field(default_factory=list)

    def calls(self) -> list[str]:
        return [request.method for request in self.seen]


@contextmanager
def scripted(answers: Sequence[Answer]) -> Iterator[ScriptedStore]:
    store = ScriptedStore(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            at = min(len(store.seen), len(store.answers) - 1)
            store.seen.append(Request(self.command, self.path, headers, body))
            status, more, content = store.answers[at]
            self.close_connection = True
            if not status:
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    for method in ("HEAD", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
