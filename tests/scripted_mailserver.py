"""An SMTP server that says at each step exactly what a test tells it to, or nothing at all."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import SecretStr

from exports_app.channels.email import EmailChannel, SmtpSettings
from tests.mailserver import HOST

STEPS = ("greeting", "EHLO", "HELO", "AUTH", "MAIL", "RCPT", "DATA", "end", "RSET", "QUIT")
"""The verbs of commands; greeting: before the first one; end: after the dot that ends a message."""
SILENCE = b"silence"
"""The server says nothing at this step, and keeps the connection open until the client closes
it."""
LATE = b"late"
"""The server says what it usually says at this step once the test calls `let_go`."""
STALLS = b"stalls"
"""The server says what it usually says at this step, and reads nothing any more."""
HANGS_UP = b"hangs up"
"""The server closes the connection at this step."""
Answers = bytes | list[bytes]
"""Replies without their last CR LF. Of a list the first one answers the first time; the last one
stays."""

USUAL: Mapping[str, bytes] = {
    "greeting": b"220 mail.example.com ESMTP",
    "EHLO": b"250-mail.example.com\r\n250 8BITMIME",
    "AUTH": b"235 2.7.0 welcome",
    "DATA": b"354 go on",
    "end": b"250 2.0.0 queued",
    "QUIT": b"221 bye",
}


class ScriptedMailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    allow_reuse_address = True

    def __init__(self, answers: Mapping[str, Answers]) -> None:
        super().__init__((HOST, 0), _Conversation)
        assert not answers.keys() - set(STEPS)
        self._answers = {**USUAL, **answers}
        self._times: dict[str, int] = {}
        self._changed = threading.Condition()
        self.host, self.port = HOST, int(self.server_address[1])
        self.commands: list[str] = []
        """All of them, in order, over all connections."""
        self.messages: list[bytes] = []
        """As they came: with doubled dots, without the dot at the end."""
        self.connections = 0
        self._let_go = threading.Event()
        self.ended = threading.Event()
        """The test is over."""

    def channel(self, user: str = "") -> EmailChannel:
        return EmailChannel(
            SmtpSettings(
                host=self.host,
                port=self.port,
                tls="none",
                user=user,
                password=SecretStr(user and "p4ssword"),
                from_="reports@example.com",
            )
        )

    def verbs(self) -> list[str]:
        return [command.split()[0].upper() for command in self.commands]

    def let_go(self) -> None:
        """End what is answered with `LATE`."""
        self._let_go.set()

    def count(self, step: str) -> int:
        """How often this step was reached."""
        with self._changed:
            return self._times.get(step, 0)

    def wait_to_go(self) -> None:
        self._let_go.wait()

    def answer(self, step: str) -> bytes:
        with self._changed:
            number = self._times.get(step, 0)
            self._times[step] = number + 1
            self._changed.notify_all()
        answers = self._answers.get(step, b"250 ok")
        return answers if isinstance(answers, bytes) else answers[min(number, len(answers) - 1)]


class _Conversation(socketserver.StreamRequestHandler):
    server: ScriptedMailServer

    def handle(self) -> None:
        self.server.connections += 1
        with contextlib.suppress(ConnectionError):
            going_on = self._say("greeting")
            while going_on and (line := self.rfile.readline()):
                command = line.decode("utf-8", "replace").rstrip("\r\n")
                self.server.commands.append(command)
                step = command.split(" ")[0].upper()
                going_on = self._say(step if step in STEPS else "AUTH") and step != "QUIT"

    def _say(self, step: str) -> bool:
        """False where the conversation is over."""
        answer = self.server.answer(step)
        if answer == HANGS_UP:
            return False
        if answer == LATE:
            self.server.wait_to_go()
            answer = USUAL.get(step, b"250 ok")
        if answer == STALLS:
            self.wfile.write(USUAL.get(step, b"250 ok") + b"\r\n")
            self.server.ended.wait()
            return False
        if answer == SILENCE:
            while self.rfile.read(1):
                pass
            return False
        self.wfile.write(answer + b"\r\n")
        if step == "DATA" and answer.startswith(b"354"):
            lines = iter(self.rfile.readline, b"")
            message = b""
            for line in lines:
                if line == b".\r\n":
                    self.server.messages.append(message)
                    return self._say("end")
                message += line
            return False
        return True


@contextmanager
def scripted(**answers: Answers) -> Iterator[ScriptedMailServer]:
    """A server on 127.0.0.1 and a free port, for the length of the block. answers: by step; what is
    left out is answered as usual."""
    with ScriptedMailServer(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="mailserver")
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.let_go()
            server.shutdown()
            thread.join(10)
