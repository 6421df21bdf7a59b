"""A name server of the tests' own, whose answers change."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import dns.message
import dns.resolver
import dns.rrset

from exports_app.outbound.networks import Address


class NameServer:
    """Gives one address after the other for any name, and then the last one again."""

    def __init__(self, answers: list[str]) -> None:
        self.asked = 0
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    def resolve(self, host: str, port: int) -> list[Address]:
        """As the guard's resolver does, with this server."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return [ip_address(str(found)) for found in resolver.resolve(host, "A", lifetime=10)]

    def serve(self) -> None:
        while True:
            data, caller = self._socket.recvfrom(4096)
            if not data:
                return
            answer = dns.message.make_response(dns.message.from_wire(data))
            name = answer.question[0].name
            address = self._answers[min(self.asked, len(self._answers) - 1)]
            self.asked += 1
            answer.answer.append(dns.rrset.from_text(name, 0, "IN", "A", address))
            self._socket.sendto(answer.to_wire(), caller)

    def stop(self, thread: threading.Thread) -> None:
        self._socket.sendto(b"", self._socket.getsockname())  # ends `serve`
        thread.join()
        self._socket.close()


@contextmanager
def name_server(answers: list[str]) -> Iterator[NameServer]:
    server = NameServer(answers)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop(thread)
