"""A mail server that does what its script says to each recipient, and a ledger of what it got: the
world outside the app."""

import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.e2e.server import free_port

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Message:
    """at: of the monotonic clock. told: whether the sender was told that it was accepted."""

    message_id: str
    recipient: str
    at: float
    told: bool


@dataclass
class Post:
    """Scripts by the recipient's name before the +, or the @: `ok`, `451`, `550`, `grey` (451 at
    first), `dropbefore` and `dropafter` the final dot (once), `slow`, `hang` (answers nothing after
    the message, until `let_go`)."""

    port: int = field(default_factory=free_port)
    ledger: list[Message] = field(default_factory=list)
    begun: Counter[str] = field(default_factory=Counter)
    """How often a message to the recipient was begun."""
    slowness: float = 0.2
    let_go: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: "socketserver.ThreadingTCPServer | None" = None

    def start(self) -> None:
        post = self

        class Handler(_Conversation):
            house = post

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer((HOST, self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def settings(self) -> dict[str, str]:
        return {
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(self.port),
            "SMTP_TLS": "none",
            "SMTP_FROM": "reports@example.com",
        }

    def tries(self, recipient: str) -> int:
        """How often a message to it was begun before; counts this one."""
        with self._lock:
            self.begun[recipient] += 1
            return self.begun[recipient] - 1

    def note(self, message_id: str, recipient: str, *, told: bool) -> None:
        with self._lock:
            self.ledger.append(Message(message_id, recipient, time.monotonic(), told))

    def to(self, recipient: str) -> list[Message]:
        with self._lock:
            return [one for one in self.ledger if one.recipient == recipient]

    def copies(self) -> Counter[tuple[str, str]]:
        """By Message-ID and recipient."""
        with self._lock:
            return Counter((one.message_id, one.recipient) for one in self.ledger)


class _Conversation(socketserver.StreamRequestHandler):
    house: Post

    def handle(self) -> None:
        with suppress(ConnectionError):  # the other side was killed
            self._converse()

    def _converse(self) -> None:
        self._say("220 scripted")
        recipient = ""
        while line := self.rfile.readline():
            words = line.decode(errors="replace").strip()
            verb = words[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "RCPT":
                found = re.search(r"<([^>]*)>", words)
                recipient = found[1] if found else ""
                self._rcpt(recipient)
            elif verb == "DATA":
                if not self._data(recipient):
                    return
            elif verb == "EHLO":
                self._say("250-scripted\r\n250 SIZE 100000000")
            else:
                self._say("250 ok")

    def _rcpt(self, recipient: str) -> None:
        script = _script(recipient)
        if script == "550":
            self._say("550 5.1.1 no such user")
        elif script == "451" or (script == "grey" and self.house.tries(recipient) == 0):
            self._say("451 4.7.1 come back later")
        else:
            self._say("250 ok")

    def _data(self, recipient: str) -> bool:
        """False: the connection is closed."""
        script = _script(recipient)
        self._say("354 go on")
        if script == "dropbefore" and self.house.tries(recipient) == 0:
            self.rfile.readline()
            return False
        message_id, in_head = "", True
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            in_head = in_head and line != b"\r\n"
            if in_head and line.lower().startswith(b"message-id:"):
                message_id = (
                    line.split(b":", 1)[1].strip().decode()
                    or self.rfile.readline().strip().decode()
                )
        if script == "dropafter" and self.house.tries(recipient) == 0:
            self.house.note(message_id, recipient, told=False)
            return False
        if script == "hang":
            self.house.note(message_id, recipient, told=False)
            self.house.let_go.wait(120)
        elif script == "slow":
            time.sleep(self.house.slowness)
            self.house.note(message_id, recipient, told=True)
        else:
            self.house.note(message_id, recipient, told=True)
        self._say("250 kept")
        return True

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def _script(recipient: str) -> str:
    return re.split(r"[+@]", recipient)[0]


@contextmanager
def post() -> Iterator[Post]:
    server = Post()
    server.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.stop()
