"""One websocket, and what the sockets of its address and of its customer do together: how much they
may send, and how much may wait to be sent."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.types import Message, Receive, Send

from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.packets import bytes_on_the_wire, wrong
from exports_app.ui.websockets.rate_allowance import Allowance

JOIN_SECONDS = 15.0
"""From the handshake to the packet by which a page joins."""
MAX_UNREAD_BYTES = 2 * 1024 * 1024
"""Of answers that wait to be sent, of a socket."""
MAX_UNREAD_BYTES_PER_CUSTOMER = 8 * MAX_UNREAD_BYTES
MAX_UNREAD_PACKETS = 500
MAX_WAITING_BYTES_PER_CUSTOMER = 8 * 1024 * 1024
"""Of packets that have come and wait for their turn."""
LARGE_BYTES = 16 * 1024
"""A packet over this is counted for its address too."""
MAX_OVERDUE_SECONDS = 10.0
"""Then a page that loads again and again is cut off. Else its backlog would be worked off long
after it is gone."""
SENDS_TOO_MUCH_ITSELF = "its page loads again and again"
SENDS_TOO_MUCH = "its address sends too much"
TOO_MANY_LARGE = "too many large frames at once"
UNREAD = "its answers are not read"
NOT_A_PAGES = 4400
"""The code with which a websocket is closed that no page of ours would open."""
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

    Of pages that load few go at once: what they cost holds up everyone's clicks. Bytes count for
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
    waiting: int = 0
    """Bytes of packets that wait for their turn."""
    _waiting: "dict[Socket, int]" = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        return not self.sockets and self.strangers.full

    def hold(self, socket: "Socket", size: int) -> None:
        """A packet waits. Where they are too many bytes, the largest one's socket is cut off, the
        newest of equal ones."""
        self._waiting[socket] = size
        self.waiting += size
        if self.waiting > MAX_WAITING_BYTES_PER_CUSTOMER:
            largest = max(reversed(self._waiting), key=self._waiting.__getitem__)
            largest.cut(TOO_MANY_LARGE)
            self.release(largest)

    def release(self, socket: "Socket") -> None:
        self.waiting -= self._waiting.pop(socket, 0)


@dataclass(frozen=True)
class Place:
    """Where a socket comes from. networks: the wider ones of its address, by their bits."""

    address: Address
    customer: Customer
    networks: dict[int, str]


class Socket:
    """One connection, from its handshake to its end."""

    def __init__(
        self, place: "Place", peer: tuple[str, str] = ("", ""), *, session: str = ""
    ) -> None:
        """peer: host and port of the connection itself, which may be a proxy's. session: the id of
        a session in which someone was signed in a short time ago, whose cookie it came with; or
        empty."""
        self.place = place
        self.peer = peer
        self.session = session
        self.address, self.customer = place.address, place.customer
        self.taken = 0
        """Bytes of whole packets that have come so far, with their headers."""
        self.waits_since: float | None = None
        """For the next packet: time.monotonic(); None where it does not wait."""
        self.page_gone = False
        """The other end is closed, and packets from before may still wait here."""
        self.joined = False
        self.unread = 0
        """Bytes of answers that wait to be sent."""
        self.why = ""
        """Why it was cut off."""
        self.is_signed_in: Callable[[], bool] = lambda: False
        """Whether someone has signed in where its tab is; the gate says so, once the tab is
        known."""
        self._events = Allowance(50, 300)
        # A page asks once for each connection. Slower than the lane lets each of a few: else the
        # lane alone would slow it down, and it would never be overdue
        self._joins = Allowance(0.2, 20)
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
        return not (self.session or self.is_signed_in())

    @property
    def lane(self) -> Lane:
        return self.customer.strangers if self.is_stranger else self.address.people

    async def join(self) -> bool:
        """A page asks for all that it holds: the dearest thing that anyone may ask for. Waits
        until it may have it; False where the socket is cut off meanwhile, or the page has gone."""
        self.joined = True
        if self.page_gone:
            return False
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
        if why := wrong(text, signed_in=self.is_signed_in()):
            self.cut(why)
            return {"type": "websocket.disconnect", "code": NOT_A_PAGES}
        assert text is not None
        self.taken += bytes_on_the_wire(text)
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


CURRENT: ContextVar[Socket | None] = ContextVar("socket", default=None)


def current() -> Socket | None:
    """The one whose packet is handled now. Reflex's own tasks, which run an event later, have
    none."""
    return CURRENT.get()
