"""The other side of the WebDAV channel of docs/extending.md: an HTTP server of the test's own."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SECRETS = ("correct horse",)


class World:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del patch
        self._folder = folder
        self._refuses = False
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                left = int(self.headers["Content-Length"])
                draft = folder / f".{self.path.rpartition('/')[2]}"
                with draft.open("wb") as file:
                    while left and (block := self.rfile.read(min(left, 65_536))):
                        file.write(block)
                        left -= len(block)
                if world._refuses or left:
                    draft.unlink()
                else:
                    draft.rename(self._file())
                self._answer(403 if world._refuses else 201)

            def do_DELETE(self) -> None:
                self._file().unlink()
                self._answer(204)

            def _file(self) -> Path:
                return folder / self.path.rpartition("/")[2]

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.config = {
            "folder": f"http://127.0.0.1:{self._server.server_address[1]}/in",
            "name": "{schedule}.{format}",
            "user": "ann",
            "password": SECRETS[0],
        }

    def arrived(self) -> list[bytes]:
        return [path.read_bytes() for path in self._folder.iterdir() if path.name[0] != "."]

    def refuse(self) -> None:
        self._refuses = True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
