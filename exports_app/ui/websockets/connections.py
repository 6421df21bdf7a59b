"""The websockets beneath the pages, before Reflex sees them: who may open one, and what a packet
may be.

Every stranger can open a websocket. So its packets are text of a known form and size; who sends too
many is slowed down, per socket and per address; and who does not read the answers, or sends
anything a page would not, is cut off.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.services.core.network_addresses import PEER, network, wider_networks
from exports_app.services.core.request_context import FORWARDED, FORWARDING
from exports_app.services.identity.cookies import SESSION_COOKIE, cookie
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.rate_allowance import Allowance

PATH = "/_event"
"""Where Reflex answers websockets; also the name of its Socket.IO namespace."""
MAX_SOCKETS = 5_000
"""Open at a time, in this process."""
MAX_SOCKETS_PER_ADDRESS = 200
MAX_STRANGERS_PER_CUSTOMER = 100
"""Where nobody is signed in. The server keeps some 250 KB of memory for each."""
MAX_SOCKETS_PER_NETWORK = {56: 500, 48: 1_000}
"""By the bits of an IPv6 network that may be one customer's."""
MAX_FRAME_BYTES = 256 * 1024
"""Of a packet: a form that the browser kept while the server was away."""
MAX_FRAME_BYTES_OF_STRANGERS = 16 * 1024
"""Of a packet of a tab where nobody is signed in yet: those pages have small forms only."""
MAX_BRACKETS, MAX_COMMAS = 5_000, 20_000
"""In the text of a packet. To parse more lists, objects and numbers would keep the event loop from
the others."""
MAX_HEADER_BYTES = 16 * 1024
"""Of all headers of a handshake."""
JOIN_SECONDS = 15.0
"""From the handshake to the packet by which a page joins."""
MAX_UNREAD_BYTES = 2 * 1024 * 1024
"""Of answers that wait to be sent, of a socket."""
MAX_UNREAD_BYTES_PER_CUSTOMER = 8 * MAX_UNREAD_BYTES
MAX_UNREAD_PACKETS = 500
MAX_HELD_BYTES_PER_CUSTOMER = 8 * 1024 * 1024
"""Of packets that have come and wait for their turn."""
LARGE_BYTES = 16 * 1024
"""A packet over this is counted for its address too."""
TOO_LARGE = f"a frame over {MAX_FRAME_BYTES // 1024} KB"
TOO_LARGE_FOR_STRANGERS = (
    f"a frame over {MAX_FRAME_BYTES_OF_STRANGERS // 1024} KB before anybody signed in"
)
NO_ROOM = "room was needed for others"
MAX_OVERDUE_SECONDS = 10.0
"""Then a page that loads again and again is cut off. Else its backlog would be worked off long
after it is gone."""
SENDS_TOO_MUCH_ITSELF = "its page loads again and again"
SENDS_TOO_MUCH = "its address sends too much"
TOO_MANY_LARGE = "too many large frames at once"
TOO_COMPLEX = "a frame with too many values"
UNREAD = "its answers are not read"
CLOSE_SECONDS = 1.0
"""To say goodbye to a socket that is cut off."""

TOO_MANY, NOT_A_PAGES = 4429, 4400
"""Codes with which websockets are closed."""

_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Engine.IO: 1 closes, 3 answers a ping, 4 is a packet of Socket.IO: 40 joins, 41 leaves, 42 is an
# event. Answers to packets (43) and bytes (45, 46, and "b" at the beginning) are nothing that a
# page sends
_PACKET = re.compile(r"1|3|41/_event,?|40/_event,(?:\{.*\})?|42/_event,\[.*\]", re.DOTALL)
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,20}")
_NEEDED = FORWARDING | {
    "host",
    "origin",
    "cookie",
    "user-agent",
    "connection",
    "upgrade",
    "sec-websocket-protocol",
}
"""Headers of the handshake that anything asks for; the others would be kept with every state."""

T = TypeVar("T")


@dataclass(frozen=True)
class Lane:
    """What sockets of one address do together. What would have to wait for longer than most_wait
    seconds is not waited for: the socket is cut off, so that nobody is in debt for long."""

    most_wait: float
    events: Allowance
    joins: Allowance
    large_bytes: Allowance

    @property
    def full(self) -> bool:
        return self.events.full and self.joins.full and self.large_bytes.full


def _strangers() -> Lane:
    return Lane(5.0, Allowance(100, 1_000), Allowance(6, 5), Allowance(512 * 1024, 1024 * 1024))


def _people() -> Lane:
    return Lane(30.0, Allowance(100, 1_000), Allowance(10, 10), Allowance(512 * 1024, 1024 * 1024))


@dataclass
class Address:
    """What the sockets of people who are signed in do together at a client address: of IPv6 a /64.
    Generous: a company may be behind one.

    Of pages that load few go at once: what they cost holds up everybody's clicks. Bytes count for
    large packets only, so that those of one person hold up nobody else there.
    """

    name: str
    sockets: "dict[Socket, None]" = field(default_factory=dict)
    """Open, the oldest first; strangers' too."""
    people: Lane = field(default_factory=_people)

    @property
    def idle(self) -> bool:
        return not self.sockets and self.people.full


@dataclass
class Customer:
    """What all sockets of a network do together that may be one customer's: an IPv4 address, or the
    widest network that a provider gives to one. Strangers have a lane of their own, so that they
    hold up nobody there who is signed in."""

    name: str
    sockets: "dict[Socket, None]" = field(default_factory=dict)
    """Open, the oldest first."""
    strangers: Lane = field(default_factory=_strangers)
    unread: int = 0
    """Bytes of answers that wait to be sent."""
    held: int = 0
    """Bytes of packets that wait for their turn."""
    _held: "dict[Socket, int]" = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        return not self.sockets and self.strangers.full

    def hold(self, socket: "Socket", size: int) -> None:
        """A packet waits. Where they are too many bytes, the largest one's socket is cut off, the
        newest of equal ones."""
        self._held[socket] = size
        self.held += size
        if self.held > MAX_HELD_BYTES_PER_CUSTOMER:
            largest = max(reversed(self._held), key=self._held.__getitem__)
            largest.cut(TOO_MANY_LARGE)
            self.release(largest)

    def release(self, socket: "Socket") -> None:
        self.held -= self._held.pop(socket, 0)


@dataclass(frozen=True)
class Place:
    """Where a socket comes from. networks: the wider ones of its address, by their bits."""

    address: Address
    customer: Customer
    networks: dict[int, str]


def _widest(host: str) -> str:
    networks = wider_networks(host)
    return networks[min(networks)] if networks else network(host)


class Socket:
    """One connection, from its handshake to its end."""

    def __init__(
        self, place: "Place", peer: tuple[str, str] = ("", ""), *, has_session: bool = False
    ) -> None:
        """peer: host and port of the connection itself, which may be a proxy's. has_session:
        whether it came with the cookie of a session in which somebody was signed in a short time
        ago."""
        self.place = place
        self.peer = peer
        self.has_session = has_session
        self.address, self.customer = place.address, place.customer
        self.taken = 0
        """Bytes of whole packets that have come so far, with their headers."""
        self.waits_since: float | None = None
        """For the next packet: time.monotonic(); None where it does not wait."""
        self.joined = False
        self.unread = 0
        """Bytes of answers that wait to be sent."""
        self.why = ""
        """Why it was cut off."""
        self.is_signed_in: Callable[[], bool] = lambda: False
        """Whether somebody has signed in where its tab is; the gate says so, once the tab is
        known."""
        self._events, self._joins = Allowance(50, 300), Allowance(1, 20)
        self._overdue = 0.0
        """Seconds that it waited without a break because its page loads again and again."""
        self._bytes = Allowance(128 * 1024, 1024 * 1024)
        self._cut = asyncio.get_running_loop().create_future()
        self._ended = False
        self._deadline = time.monotonic() + JOIN_SECONDS

    def cut(self, why: str) -> None:
        """Close it at once, whatever it does. why: for the log; the first reason counts."""
        if not self.why:
            self.why = why
            incidents.note(f"a websocket was closed: {why}", self.customer.name)
            self._cut.set_result(None)

    def end(self) -> None:
        """It is closed: what still waits to be sent is forgotten."""
        self._ended = True
        self.customer.unread -= self.unread

    def count_answer(self, size: int) -> None:
        """size: characters that wait to be sent from now on; negative where they were taken to be
        sent."""
        if self._ended:
            return
        self.unread += size
        self.customer.unread += size
        if self.unread > MAX_UNREAD_BYTES or self.customer.unread > MAX_UNREAD_BYTES_PER_CUSTOMER:
            self.cut(UNREAD)

    @property
    def is_stranger(self) -> bool:
        return not (self.has_session or self.is_signed_in())

    @property
    def lane(self) -> Lane:
        return self.customer.strangers if self.is_stranger else self.address.people

    async def join(self) -> bool:
        """A page asks for all that it holds: the dearest thing that anybody may ask for. Waits
        until it may have it; False where the socket is cut off meanwhile."""
        self.joined = True
        wait = self._joins.ahead()
        self._overdue = self._overdue + wait if wait else 0.0
        if self._overdue > MAX_OVERDUE_SECONDS:
            self.cut(SENDS_TOO_MUCH_ITSELF)
        return await self._turn((self._joins, 1), (self.lane.joins, 1))

    async def _pay(self, size: int) -> bool:
        """Wait for the turn of a packet of so many characters; what comes after it waits in the
        client's own buffers. False where the socket is cut off meanwhile."""
        lane = self.lane
        claims = [(self._events, 1), (lane.events, 1), (self._bytes, size)]
        if size > LARGE_BYTES:
            claims.append((lane.large_bytes, size))
        self.customer.hold(self, size)
        try:
            return await self._turn(*claims)
        finally:
            self.customer.release(self)

    async def _turn(self, *claims: tuple[Allowance, float]) -> bool:
        wait = max(allowance.ahead(units) for allowance, units in claims)
        if wait > self.lane.most_wait:
            self.cut(SENDS_TOO_MUCH)
        if self.why:
            return False
        for allowance, units in claims:
            allowance.spend(units)
        if wait:
            if wait > 1:
                incidents.note("a websocket is slowed down: it sends too much", self.customer.name)
            await asyncio.wait({self._cut}, timeout=wait)
        return not self.why

    async def receive(self, receive: Receive) -> Message:
        """The next packet; a disconnect where it is none that a page may send."""
        patience = None if self.joined else max(0.0, self._deadline - time.monotonic())
        self.waits_since = time.monotonic()
        try:
            message = await self._unless_cut(receive(), patience)
        finally:
            self.waits_since = None
        if message is None or message["type"] != "websocket.receive":
            return message or {"type": "websocket.disconnect", "code": NOT_A_PAGES}
        text = message.get("text")
        if wrong := _wrong(text, signed_in=self.is_signed_in()):
            self.cut(wrong)
            return {"type": "websocket.disconnect", "code": NOT_A_PAGES}
        assert text is not None
        self.taken += _on_the_wire(text)
        if not await self._pay(len(text)):
            return {"type": "websocket.disconnect", "code": NOT_A_PAGES}
        return {"type": "websocket.receive", "text": text}

    async def send(self, send: Send, message: Message) -> None:
        """Raises ConnectionAbortedError once it is cut off."""
        if not self.why:
            await self._unless_cut(send(message))
        if self.why:
            raise ConnectionAbortedError

    async def _unless_cut(self, work: Awaitable[T], patience: float | None = None) -> T | None:
        """What receiving or sending comes to; None once the socket is cut off, or nobody joined
        within `patience` seconds."""
        task = asyncio.ensure_future(_awaited(work))
        try:
            done, _ = await asyncio.wait(
                {task, self._cut}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            task.cancel()  # does nothing to one that is done
        if task in done:
            return task.result()
        self.cut("no page joined")
        return None


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def _on_the_wire(text: str) -> int:
    """Bytes of a packet with the header of a client's frame (RFC 6455, 5.2)."""
    size = _bytes(text)
    return size + (6 if size < 126 else 8 if size < 65_536 else 14)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _wrong(text: str | None, *, signed_in: bool) -> str:
    """What is wrong with a packet; empty where nothing is. Looks at the text only: nothing is
    parsed yet."""
    if text is None:
        return "a binary frame"
    most, too_large = (
        (MAX_FRAME_BYTES, TOO_LARGE)
        if signed_in
        else (MAX_FRAME_BYTES_OF_STRANGERS, TOO_LARGE_FOR_STRANGERS)
    )
    if len(text) > most or _bytes(text) > most:
        return too_large
    if text.count("[") + text.count("{") > MAX_BRACKETS or text.count(",") > MAX_COMMAS:
        return TOO_COMPLEX
    return "" if _PACKET.fullmatch(text) else "a malformed packet"


_socket: ContextVar[Socket | None] = ContextVar("socket", default=None)


def current() -> Socket | None:
    """The one whose packet is handled now. Reflex's own tasks, which run an event later, have
    none."""
    return _socket.get()


class Sockets:
    """ASGI middleware around Reflex. is_session: whether a cookie's value is of a session in which
    somebody was signed in a short time ago."""

    def __init__(self, app: ASGIApp, is_session: Callable[[str], bool] = lambda _: False) -> None:
        self._app, self._is_session = app, is_session
        self._addresses: dict[str, Address] = {}
        self._customers: dict[str, Customer] = {}
        self._networks: Counter[str] = Counter()
        """Sockets that are open, by their wider networks."""
        self.open: dict[Socket, None] = {}
        """The oldest first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http" and (
            scope["path"] == PATH or scope["path"].startswith(f"{PATH}/")
        ):
            await _no_polling(send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        host = client[0] if client else ""
        place = Place(
            self._address(network(host)), self._customer(_widest(host)), wider_networks(host)
        )
        has_session = self._is_session(_session(scope))
        lane = place.address.people if has_session else place.customer.strangers
        refusal = None
        if not _is_pages(scope):
            refusal = (NOT_A_PAGES, "its handshake is no page's")
        elif lane.events.ahead() > lane.most_wait:
            refusal = (TOO_MANY, SENDS_TOO_MUCH)
        elif not self._room(place, has_session=has_session):
            refusal = (TOO_MANY, "too many are open")
        if refusal is not None:
            incidents.note(f"a websocket was refused: {refusal[1]}", place.customer.name)
            await receive()
            await send({"type": "websocket.close", "code": refusal[0]})
            return
        lane.events.spend()
        peer = scope.get(PEER) or client or ("", "")
        async with self._held(
            Socket(place, (peer[0], str(peer[1])), has_session=has_session)
        ) as socket:
            await self._serve(socket, _plain(scope), receive, send)

    async def _serve(self, socket: Socket, scope: Scope, receive: Receive, send: Send) -> None:
        first = [await receive()]  # the handshake's own message, which is no packet

        async def received() -> Message:
            return first.pop() if first else await socket.receive(receive)

        async def sent(message: Message) -> None:
            await socket.send(send, message)

        with suppress(ConnectionAbortedError):
            await self._app(scope, received, sent)
        if socket.why:
            with suppress(Exception):  # it may be gone, or still not read
                await asyncio.wait_for(
                    send({"type": "websocket.close", "code": NOT_A_PAGES}), CLOSE_SECONDS
                )

    @asynccontextmanager
    async def _held(self, socket: Socket) -> AsyncIterator[Socket]:
        socket.address.sockets[socket] = socket.customer.sockets[socket] = None
        self._networks.update(socket.place.networks.values())
        self.open[socket] = None
        before = _socket.set(socket)
        try:
            yield socket
        finally:
            _socket.reset(before)
            self._forget(socket)
            socket.end()

    def _forget(self, socket: Socket) -> None:
        if socket not in self.open:
            return
        del self.open[socket]
        del socket.address.sockets[socket], socket.customer.sockets[socket]
        for name in socket.place.networks.values():
            self._networks[name] -= 1
            if not self._networks[name]:
                del self._networks[name]

    def _room(self, place: Place, *, has_session: bool) -> bool:
        """Whether another socket may be opened. Who is signed in finds room as long as strangers
        are there."""
        address, customer = place.address.sockets, place.customer.sockets
        if len(address) >= MAX_SOCKETS_PER_ADDRESS and not (
            has_session and self._make_room(address, place, always=True)
        ):
            return False
        crowded = not has_session and len(customer) >= MAX_STRANGERS_PER_CUSTOMER
        if crowded and sum(one.is_stranger for one in customer) >= MAX_STRANGERS_PER_CUSTOMER:
            return False
        for bits, name in place.networks.items():
            if self._networks[name] >= MAX_SOCKETS_PER_NETWORK[bits]:
                if not has_session:
                    return False
                inside = [one for one in self.open if one.place.networks.get(bits) == name]
                if not self._make_room(inside, place, always=True):
                    return False
        return len(self.open) < MAX_SOCKETS or self._make_room(self.open, place, always=has_session)

    def _make_room(self, among: Iterable[Socket], place: Place, *, always: bool) -> bool:
        """Close the newest socket, where nobody is signed in, of the customer that has most of
        those. always: even where that is the customer who asks. Returns whether there was one."""
        strangers = [one for one in among if one.is_stranger]
        of_each = Counter(id(one.customer) for one in strangers)
        if not of_each:
            return False
        most, number = of_each.most_common(1)[0]
        if not always and number <= of_each[id(place.customer)] + 1:
            return False
        closed = next(one for one in reversed(strangers) if id(one.customer) == most)
        closed.cut(NO_ROOM)
        self._forget(closed)
        return True

    def _address(self, name: str) -> Address:
        if name not in self._addresses:
            if len(self._addresses) >= MAX_SOCKETS:
                self._addresses = {key: one for key, one in self._addresses.items() if not one.idle}
            self._addresses[name] = Address(name)
        return self._addresses[name]

    def _customer(self, name: str) -> Customer:
        if name not in self._customers:
            if len(self._customers) >= MAX_SOCKETS:
                self._customers = {key: one for key, one in self._customers.items() if not one.idle}
            self._customers[name] = Customer(name)
        return self._customers[name]


def _is_pages(scope: Scope) -> bool:
    """Whether a page of ours would begin like this: websocket only, and with a tab's token."""
    headers, version = scope["headers"], scope.get("subprotocols") or [""]
    if (
        sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES
        or len(scope["query_string"]) > 1_000
    ):
        return False
    if (
        scope["path"].rstrip("/") != PATH
        or len(version) > 1
        or not _VERSION.fullmatch(version[0] or "-")
    ):
        return False
    query = parse_qs(scope["query_string"].decode("latin1"))
    tokens = query.get("token", [])
    return (
        query.get("transport") == ["websocket"]
        and query.get("EIO") == ["4"]
        and "sid" not in query
        and len(tokens) == 1
        and _TOKEN.fullmatch(tokens[0]) is not None
    )


def _session(scope: Scope) -> str:
    """The value of a session's cookie; whether there is such a session is not known yet. "" where
    there is none."""
    cookies = [value.decode("latin1") for name, value in scope["headers"] if name == b"cookie"]
    return cookie("; ".join(cookies), SESSION_COOKIE)


def _plain(scope: Scope) -> Scope:
    names = {name: name.decode("latin1") for name, _ in scope["headers"]}
    kept = {name for name, text in names.items() if text in _NEEDED or text.startswith(FORWARDED)}
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name in kept]}


async def _no_polling(send: Send) -> None:
    body = b"Use a websocket: there is nothing else here\n"
    head = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": head})
    await send({"type": "http.response.body", "body": body})
