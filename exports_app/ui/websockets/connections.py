"""The websockets beneath the pages, before Reflex sees them: who may open one, and what a packet
may be.

Every stranger can open a websocket. So its packets are text of a known form and size; who sends too
many is slowed down, per socket and per address; and who does not read the answers, or sends
anything a page would not, is cut off.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.services.core.network_addresses import PEER, network, wider_networks
from exports_app.services.identity.sessions import id_of
from exports_app.ui.websockets.handshake import (
    PATH,
    is_of_page,
    refuse_polling,
    session_cookie,
    with_needed_headers,
)
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.socket import (
    CURRENT,
    NOT_A_PAGES,
    SENDS_TOO_MUCH,
    Address,
    Customer,
    Place,
    Socket,
)

MAX_SOCKETS = 5_000
"""Open at a time, in this process."""
MAX_SOCKETS_PER_SESSION = 200
"""Tabs of one browser in which someone is signed in."""
MAX_SOCKETS_PER_ADDRESS = 2_000
"""Of all: a company may be behind one address. Far fewer are strangers'."""
MAX_STRANGERS_PER_CUSTOMER = 70
"""Where nobody is signed in. The server keeps some 250 KB of memory for each."""
MAX_STRANGERS_PER_NETWORK = {56: 500, 48: 1_000}
"""By the bits of an IPv6 network that may be one customer's."""
NO_ROOM = "room was needed for others"
CLOSE_SECONDS = 1.0
"""To say goodbye to a socket that is cut off."""
TOO_MANY = 4429
"""The code with which a websocket is closed because too many are open or too much is sent."""


def _widest(host: str) -> str:
    networks = wider_networks(host)
    return networks[min(networks)] if networks else network(host)


class Sockets:
    """ASGI middleware around Reflex. is_session: whether a cookie's value is of a session in which
    someone was signed in a short time ago."""

    def __init__(self, app: ASGIApp, is_session: Callable[[str], bool] = lambda _: False) -> None:
        self._app, self._is_session = app, is_session
        self._addresses: dict[str, Address] = {}
        self._customers: dict[str, Customer] = {}
        self._networks: dict[str, dict[Socket, None]] = {}
        """Sockets that are open, by their wider networks."""
        self._sessions: Counter[str] = Counter()
        """The same by their sessions, as `id_of` names them."""
        self.open: dict[Socket, None] = {}
        """The oldest first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http" and (
            scope["path"] == PATH or scope["path"].startswith(f"{PATH}/")
        ):
            await refuse_polling(send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        host = client[0] if client else ""
        place = Place(
            self._address(network(host)), self._customer(_widest(host)), wider_networks(host)
        )
        secret = session_cookie(scope)
        session = id_of(secret) if self._is_session(secret) else ""
        has_session = bool(session)
        lane = place.address.people if has_session else place.customer.strangers
        refusal = None
        if not is_of_page(scope):
            refusal = (NOT_A_PAGES, "its handshake is no page's")
        elif lane.events.ahead() > lane.most_wait:
            refusal = (TOO_MANY, SENDS_TOO_MUCH)
        elif not self._room(place, session):
            refusal = (TOO_MANY, "too many are open")
        if refusal is not None:
            incidents.note(f"a websocket was refused: {refusal[1]}", place.customer.name)
            await receive()
            await send({"type": "websocket.close", "code": refusal[0]})
            return
        lane.events.spend()
        peer = scope.get(PEER) or client or ("", "")
        async with self._registered(
            Socket(place, (peer[0], str(peer[1])), session=session)
        ) as socket:
            await self._serve(socket, with_needed_headers(scope), receive, send)

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
    async def _registered(self, socket: Socket) -> AsyncIterator[Socket]:
        socket.address.sockets[socket] = socket.customer.sockets[socket] = None
        for name in socket.place.networks.values():
            self._networks.setdefault(name, {})[socket] = None
        self._sessions[socket.session] += 1
        self.open[socket] = None
        before = CURRENT.set(socket)
        try:
            yield socket
        finally:
            CURRENT.reset(before)
            self._forget(socket)
            socket.end()

    def _forget(self, socket: Socket) -> None:
        if socket not in self.open:
            return
        del self.open[socket]
        del socket.address.sockets[socket], socket.customer.sockets[socket]
        for name in socket.place.networks.values():
            del self._networks[name][socket]
            if not self._networks[name]:
                del self._networks[name]
        self._sessions[socket.session] -= 1
        if not self._sessions[socket.session]:
            del self._sessions[socket.session]

    def _room(self, place: Place, session: str) -> bool:
        """Whether another socket may be opened. session: in which someone is signed in, or empty.
        They find room as long as strangers are there."""
        if session and self._sessions[session] >= MAX_SOCKETS_PER_SESSION:
            return False
        address = place.address.sockets
        if len(address) >= MAX_SOCKETS_PER_ADDRESS and not (
            session and self._make_room(address, place, always=True)
        ):
            return False
        if not session and self._too_many_strangers(place):
            return False
        return len(self.open) < MAX_SOCKETS or self._make_room(
            self.open, place, always=bool(session)
        )

    def _too_many_strangers(self, place: Place) -> bool:
        """Whether no further one may come from there."""
        crowds: list[tuple[dict[Socket, None], int]] = [
            (place.customer.sockets, MAX_STRANGERS_PER_CUSTOMER),
            *(
                (self._networks.get(name, {}), MAX_STRANGERS_PER_NETWORK[bits])
                for bits, name in place.networks.items()
            ),
        ]
        return any(
            len(crowd) >= most and sum(socket.is_stranger for socket in crowd) >= most
            for crowd, most in crowds
        )

    def _make_room(self, among: Iterable[Socket], place: Place, *, always: bool) -> bool:
        """Close the newest socket, where nobody is signed in, of the customer that has most of
        those. always: even where that is the customer who asks. Returns whether there was one."""
        strangers = [socket for socket in among if socket.is_stranger]
        of_each = Counter(id(socket.customer) for socket in strangers)
        if not of_each:
            return False
        most, number = of_each.most_common(1)[0]
        if not always and number <= of_each[id(place.customer)] + 1:
            return False
        closed = next(socket for socket in reversed(strangers) if id(socket.customer) == most)
        closed.cut(NO_ROOM)
        self._forget(closed)
        return True

    def _address(self, name: str) -> Address:
        if name not in self._addresses:
            if len(self._addresses) >= MAX_SOCKETS:
                self._addresses = {
                    key: address for key, address in self._addresses.items() if not address.idle
                }
            self._addresses[name] = Address(name)
        return self._addresses[name]

    def _customer(self, name: str) -> Customer:
        if name not in self._customers:
            if len(self._customers) >= MAX_SOCKETS:
                self._customers = {
                    key: customer for key, customer in self._customers.items() if not customer.idle
                }
            self._customers[name] = Customer(name)
        return self._customers[name]
