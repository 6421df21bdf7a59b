"""The websockets beneath the pages: how many, what a packet may be, how fast; who is cut off, and
what is written down then."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from exports_app.ui.websockets import connections, gate, rate_allowance
from exports_app.ui.websockets.connections import (
    MAX_FRAME_BYTES,
    MAX_FRAME_BYTES_OF_STRANGERS,
    MAX_HELD_BYTES_PER_CUSTOMER,
    MAX_SOCKETS_PER_ADDRESS,
    MAX_STRANGERS_PER_CUSTOMER,
    Sockets,
)
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.rate_allowance import Allowance

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
QUERY = f"EIO=4&transport=websocket&token={TOKEN}"
JOIN = "40/_event,"


class Reflex:
    """Stands for Reflex: takes packets until the connection ends, or until the test ends it."""

    def __init__(self, *, signed_in: bool = False) -> None:
        self.signed_in = signed_in
        self.held: list[asyncio.Future[None]] = []
        self.received: list[str] = []
        self.sockets: list[connections.Socket] = []
        self.send: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.send = scope, send
        socket = connections.current()
        assert socket is not None
        self.sockets.append(socket)
        socket.is_signed_in = lambda: self.signed_in
        end = asyncio.get_running_loop().create_future()
        self.held.append(end)
        assert (await receive())["type"] == "websocket.connect"
        reading = asyncio.ensure_future(self._read(socket, receive))
        try:
            await asyncio.wait({reading, end}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                end.result()
        finally:
            reading.cancel()

    async def _read(self, socket: connections.Socket, receive: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message["text"])
            if message["text"].startswith("40"):
                await socket.join()


class Client:
    def __init__(self, app: Any, **scope: Any) -> None:
        self.sent: list[Any] = []
        self.packets: asyncio.Queue[Any] = asyncio.Queue()
        self.packets.put_nowait({"type": "websocket.connect"})
        self.blocked = False
        base = {
            "type": "websocket",
            "path": "/_event/",
            "client": ("192.0.2.1", 4711),
            "headers": [],
            "query_string": QUERY.encode(),
        }
        self.task = asyncio.ensure_future(app(base | scope, self.packets.get, self._send))

    async def _send(self, message: Any) -> None:
        if self.blocked and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        self.sent.append(message)

    def say(self, text: str | None = None, data: bytes | None = None) -> None:
        self.packets.put_nowait({"type": "websocket.receive", "text": text, "bytes": data})

    async def cut(self) -> None:
        """Once the server has ended it."""
        await asyncio.wait_for(self.task, 5)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def refused(code: int) -> list[Any]:
    return [{"type": "websocket.close", "code": code}]


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(incidents, "_noted", OrderedDict())
    with structlog.testing.capture_logs() as entries:
        yield entries


def play(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]


class TestHowMany:
    @pytest.mark.parametrize(
        ("signed_in", "most"),
        [(True, MAX_SOCKETS_PER_ADDRESS), (False, MAX_STRANGERS_PER_CUSTOMER)],
        ids=["signed in", "strangers"],
    )
    def test_an_address_has_only_so_many_at_a_time(
        self, signed_in: bool, most: int, logs: list[Any]
    ) -> None:
        async def story() -> None:
            reflex = Reflex(signed_in=signed_in)
            app = Sockets(reflex)
            opened = [Client(app) for _ in range(most)]
            await settled()
            more = [Client(app) for _ in range(3)]
            for one in more:
                await one.cut()
                assert one.sent == refused(4429)
            assert [(entry["event"], entry["address"]) for entry in logs] == [
                ("a websocket was refused: too many are open", "192.0.2.1")
            ]
            another = Client(app, client=("192.0.2.2", 1))
            await settled()
            assert len(reflex.held) == most + 1
            assert not any(client.task.done() or client.sent for client in [*opened, another])
            for end in reflex.held:
                end.set_result(None)
            await asyncio.gather(*(client.task for client in [*opened, another]))

        play(story)

    @pytest.mark.parametrize("way", ["closed", "failed", "cancelled"])
    def test_one_that_ends_makes_room_however_it_ends(self, way: str) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            opened = [Client(app) for _ in range(MAX_STRANGERS_PER_CUSTOMER)]
            await settled()
            for client in opened[:2]:
                end = reflex.held.pop(0)
                if way == "closed":
                    end.set_result(None)
                elif way == "failed":
                    end.set_exception(ConnectionResetError())
                else:
                    client.task.cancel()
                await asyncio.gather(client.task, return_exceptions=True)
            room = [Client(app) for _ in range(3)]
            await settled()
            assert [client.sent for client in room] == [[], [], refused(4429)]
            for end in reflex.held:
                if not end.done():
                    end.set_result(None)
            await asyncio.gather(*(client.task for client in [*opened[2:], *room]))
            assert not app.open

        play(story)

    def test_a_provider_s_ipv6_network_has_only_so_many_too(
        self, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
    ) -> None:
        monkeypatch.setattr(connections, "MAX_SOCKETS_PER_NETWORK", {56: 50, 48: 100})

        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            clients = [
                Client(app, client=(f"2001:db8:0:{number % 25:x}00::1", 1))
                for number in range(25 * 20)
            ]
            await settled()
            assert len(app.open) == connections.MAX_SOCKETS_PER_NETWORK[48]
            other = Client(app, client=("2001:db8:1::1", 1))
            await settled()
            assert other.sent == []
            for client in [*clients, other]:
                client.task.cancel()
            await asyncio.gather(
                *(client.task for client in [*clients, other]), return_exceptions=True
            )
            assert not app._networks

        play(story)
        assert {entry["event"] for entry in logs} == {"a websocket was refused: too many are open"}

    def test_all_of_an_ipv6_network_are_one_client(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            clients = [
                Client(app, client=(host, 1))
                for host in ("2001:db8:1:2:3::4", "2001:db8:1:2::1", "2001:db8:1:3::1")
            ]
            await settled()
            first, second, other = (socket.address for socket in reflex.sockets)
            assert first is second is not other
            for client in clients:
                client.task.cancel()

        play(story)


class TestTheHandshake:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            QUERY.replace("websocket", "polling"),
            QUERY.replace("EIO=4", "EIO=3"),
            QUERY + "&sid=abc",
            QUERY.replace(TOKEN, "SECRET-1"),
            QUERY.replace(TOKEN, TOKEN + "x" * 900),
            f"{QUERY}&token={TOKEN}",
            QUERY + "&x=" + "y" * 1_000,
        ],
    )
    def test_of_anything_but_a_page_is_refused(self, query: str, logs: list[Any]) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex), query_string=query.encode())
            await client.cut()
            assert client.sent == refused(4400)
            assert reflex.sockets == []

        play(story)
        assert len(logs) == 1
        assert "SECRET" not in repr(logs)
        assert TOKEN not in repr(logs)

    @pytest.mark.parametrize(
        "more",
        [
            {"headers": [(b"cookie", b"x" * 17_000)]},
            {"headers": [(f"h{n}".encode(), b"x" * 100) for n in range(200)]},
            {"subprotocols": ["SECRET " * 9]},
            {"subprotocols": ["0.1", "0.2"]},
            {"path": "/_event/more"},
        ],
    )
    def test_with_what_would_be_kept_for_nothing_is_refused(self, more: dict[str, Any]) -> None:
        async def story() -> None:
            client = Client(Sockets(Reflex()), **more)
            await client.cut()
            assert client.sent == refused(4400)

        play(story)

    def test_keeps_the_headers_that_are_needed(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            headers = [
                (b"host", b"exports.test"),
                (b"cookie", b"a=b"),
                (b"x-other", b"c"),
                (b"accept-language", b"de"),
                (b"x-forwarded-for", b"d"),
            ]
            client = Client(Sockets(reflex), headers=headers)
            await settled()
            assert reflex.scope["headers"] == [*headers[:2], headers[-1]]
            reflex.held[0].set_result(None)
            await client.task

        play(story)

    def test_after_which_no_page_joins_is_cut(
        self, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
    ) -> None:
        monkeypatch.setattr(connections, "JOIN_SECONDS", 0.05)

        async def story() -> None:
            app = Sockets(Reflex())
            silent, page = Client(app), Client(app)
            page.say(JOIN)
            await silent.cut()
            assert not page.task.done()
            page.task.cancel()

        play(story)
        assert [entry["event"] for entry in logs] == ["a websocket was closed: no page joined"]

    def test_over_plain_http_there_is_nothing(self) -> None:
        async def story() -> list[Any]:
            sent: list[Any] = []

            async def send(message: Any) -> None:
                sent.append(message)

            scope = {
                "type": "http",
                "method": "GET",
                "path": "/_event/",
                "query_string": QUERY.encode(),
                "headers": [],
            }
            await Sockets(Reflex())(scope, asyncio.Event().wait, send)
            return sent

        head, _ = asyncio.run(story())
        assert head["status"] == 400


COOKIE = [(b"cookie", b"exports_session=" + b"x" * 43)]
"""Made up."""
PERSON = [(b"cookie", b"exports_session=" + b"y" * 43)]
"""Of a session in which somebody is signed in."""


def is_session(secret: str) -> bool:
    return secret == "y" * 43


class TestWhenAllPlacesAreTaken:
    """At most 20 in all here, of which strangers hold 12 in one customer's network and 8 in
    another's."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "MAX_SOCKETS", 20)

    @staticmethod
    async def _taken(app: Sockets, **more: Any) -> list[Client]:
        hosts = [f"2001:db8:1:{number}::1" for number in range(12)] + ["192.0.2.1"] * 8
        clients = [Client(app, client=(host, 1), **more) for host in hosts]
        await settled()
        assert len(app.open) == 20
        return clients

    @staticmethod
    async def _end(*clients: Client) -> None:
        for client in clients:
            client.task.cancel()
        await asyncio.gather(*(client.task for client in clients), return_exceptions=True)

    @pytest.mark.parametrize(
        "headers", [PERSON, COOKIE, []], ids=["signed in", "a made-up cookie", "not signed in"]
    )
    def test_the_newest_of_the_strangers_who_hold_most_makes_room(
        self, headers: Any, logs: list[Any]
    ) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = await self._taken(app)
            more = [
                Client(app, client=(f"198.51.100.{number}", 1), headers=headers)
                for number in range(3)
            ]
            for closed in clients[9:12]:
                await closed.cut()
                assert closed.sent == refused(4400)
            assert [one.sent for one in more] == [[]] * 3
            assert not any(one.task.done() for one in [*clients[:9], *clients[12:], *more])
            assert len(app.open) == 20
            await self._end(*clients, *more)
            assert not app.open
            assert all(not address.sockets for address in app._addresses.values())

        play(story)
        assert {entry["event"] for entry in logs} == {
            "a websocket was closed: room was needed for others"
        }

    def test_who_is_signed_in_is_never_closed_for_others(self, logs: list[Any]) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = await self._taken(app, headers=COOKIE)
            for number, socket in enumerate(app.open):
                socket.is_signed_in = lambda number=number: number != 5  # type: ignore[misc]
            first = Client(app, client=("198.51.100.7", 1), headers=PERSON)
            await clients[5].cut()
            await settled()
            assert first.sent == []
            for socket in app.open:
                socket.is_signed_in = lambda: True
            third = Client(app, client=("198.51.100.8", 1), headers=PERSON)
            await third.cut()
            assert third.sent == refused(4429)
            assert sum(one.task.done() for one in clients) == 1
            await self._end(*clients, first)

        play(story)

    def test_a_made_up_cookie_protects_nobody(self) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = await self._taken(app, headers=COOKIE)
            person = Client(app, client=("198.51.100.7", 1), headers=PERSON)
            await clients[11].cut()
            assert person.sent == []
            await self._end(*clients, person)

        play(story)

    def test_strangers_of_the_same_network_do_not_take_turns(self) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = await self._taken(app)
            more = Client(app, client=("2001:db8:1:ff::1", 1))
            await more.cut()
            assert more.sent == refused(4429)
            assert not any(one.task.done() for one in clients)
            await self._end(*clients)

        play(story)

    def test_who_is_signed_in_finds_room_at_an_address_that_strangers_fill(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "MAX_STRANGERS_PER_CUSTOMER", 8)
        monkeypatch.setattr(connections, "MAX_SOCKETS_PER_ADDRESS", 8)

        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = [Client(app) for _ in range(8)]
            await settled()
            stranger, made_up, person = (
                Client(app),
                Client(app, headers=COOKIE),
                Client(app, headers=PERSON),
            )
            await clients[7].cut()
            await stranger.cut()
            await made_up.cut()
            assert (stranger.sent, made_up.sent, person.sent) == (refused(4429), refused(4429), [])
            await self._end(*clients, person)

        play(story)


class TestAPacket:
    @pytest.mark.parametrize(
        "text",
        [
            JOIN,
            JOIN + "{}",
            "41/_event,",
            "3",
            '42/_event,["event",{"name":"x"}]',
            '42/_event,["é\n"]',
        ],
    )
    def test_of_a_page_goes_through(self, text: str) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex))
            client.say(JOIN)
            client.say(text)
            await settled()
            assert reflex.received == [JOIN, text]
            reflex.held[0].set_result(None)
            await client.task

        play(story)

    @pytest.mark.parametrize(
        ("text", "data", "reason"),
        [
            (None, b"SECRET-1", "a binary frame"),
            ("bU0VDUkVULTI=", None, "a malformed packet"),
            ('451-/_event,["event",{"_placeholder":true,"num":0}]', None, "a malformed packet"),
            ('461-/_event,[{"_placeholder":true,"num":0}]', None, "a malformed packet"),
            ("43/_event,1[]", None, "a malformed packet"),
            ('42/_event,7["event",{}]', None, "a malformed packet"),
            ('42["event",{}]', None, "a malformed packet"),
            ('42/SECRET-3,["event",{}]', None, "a malformed packet"),
            ("40/admin,", None, "a malformed packet"),
            ("2probe", None, "a malformed packet"),
            ("5", None, "a malformed packet"),
            ("", None, "a malformed packet"),
            (
                '42/_event,["' + "x" * MAX_FRAME_BYTES_OF_STRANGERS + '"]',
                None,
                "a frame over 16 KB before anybody signed in",
            ),
            (
                '42/_event,["' + "é" * (MAX_FRAME_BYTES_OF_STRANGERS // 2) + '"]',
                None,
                "a frame over 16 KB before anybody signed in",
            ),
        ],
    )
    def test_of_no_page_ends_the_connection_and_costs_one_log_line(
        self, text: str | None, data: bytes | None, reason: str, logs: list[Any]
    ) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            for _ in range(5):
                client = Client(app)
                client.say(JOIN)
                client.say(text, data)
                client.say(text, data)
                await client.cut()
                assert client.sent == refused(4400)
            assert reflex.received == [JOIN] * 5

        play(story)
        assert [(entry["event"], entry["address"]) for entry in logs] == [
            (f"a websocket was closed: {reason}", "192.0.2.1")
        ]
        assert "SECRET" not in repr(logs)

    @pytest.mark.parametrize(
        "text",
        ["x" * MAX_FRAME_BYTES, "é" * (MAX_FRAME_BYTES // 2), "\ud800" * (MAX_FRAME_BYTES // 3)],
    )
    def test_of_somebody_who_is_signed_in_may_be_larger_but_has_an_end_too(
        self, text: str, logs: list[Any]
    ) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex))
            client.say(JOIN)
            await settled()
            reflex.sockets[0].is_signed_in = lambda: True
            client.say(f'42/_event,["{text[: len(text) // 2]}"]')
            client.say(f'42/_event,["{text}"]')
            await client.cut()
            assert len(reflex.received) == 2

        play(story)
        assert [entry["event"] for entry in logs] == ["a websocket was closed: a frame over 256 KB"]


class TestHowFast:
    def test_a_reserve_is_spent_at_once_and_earned_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(rate_allowance.time, "monotonic", lambda: now)
        spent = Allowance(rate=10, reserve=3)
        assert [spent.spend() for _ in range(3)] == [0, 0, 0]
        assert [spent.spend() for _ in range(3)] == pytest.approx([0.1, 0.2, 0.3])
        now += 0.3
        assert spent.spend(0) == pytest.approx(0)
        now += 1000
        assert spent.full

    def test_who_sends_too_much_is_slowed_down_and_loses_nothing(self, logs: list[Any]) -> None:
        async def story() -> None:
            reflex = Reflex()
            client, other = (
                Client(Sockets(reflex), client=(address, 1))
                for address in ("192.0.2.1", "192.0.2.2")
            )
            await settled()
            reflex.sockets[0]._events = Allowance(rate=50, reserve=5)
            for number in range(20):
                client.say(f'42/_event,["event",{{"n":{number}}}]')
            await asyncio.sleep(0.05)
            assert len(reflex.received) < 12
            other.say('42/_event,["other"]')
            await settled()
            assert '42/_event,["other"]' in reflex.received
            async with asyncio.timeout(5):
                while len(reflex.received) < 21:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert [text for text in reflex.received if "other" not in text] == [
                f'42/_event,["event",{{"n":{number}}}]' for number in range(20)
            ]
            for end in reflex.held:
                end.set_result(None)
            await asyncio.gather(client.task, other.task)

        play(story)

    def test_pages_that_load_take_turns_at_each_address(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            clients = [Client(app) for _ in range(12)]
            elsewhere = Client(app, client=("192.0.2.2", 1))
            await settled()
            address = reflex.sockets[0].address
            socket = reflex.sockets[0]
            socket.customer.strangers = replace(
                socket.customer.strangers, joins=Allowance(rate=20, reserve=2)
            )
            turns: list[float] = []

            async def join(socket: connections.Socket) -> None:
                assert await socket.join()
                turns.append(time.monotonic())

            began = time.monotonic()
            waiting = [
                asyncio.ensure_future(join(socket))
                for socket in reflex.sockets
                if socket.address is address
            ]
            assert await reflex.sockets[-1].join()
            assert time.monotonic() - began < 0.5
            await asyncio.wait_for(asyncio.gather(*waiting), 5)
            # Two at once, and each of the others 50 ms after the one before: none of them all
            # together
            assert all(
                turn - began >= 0.05 * number - 0.01
                for number, turn in enumerate(turns[2:], start=1)
            )
            for client in [*clients, elsewhere]:
                client.task.cancel()

        play(story)

    def test_a_packet_waits_for_its_turn_and_not_for_the_next_one_s(self) -> None:
        """Each socket would have one packet at once otherwise, however many sockets there are."""

        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            clients = [Client(app) for _ in range(10)]
            await settled()
            for socket in reflex.sockets:
                socket.is_signed_in = lambda: True
            address = reflex.sockets[0].address
            address.people = replace(
                address.people, most_wait=1e9, large_bytes=Allowance(rate=1, reserve=3 * 20_000)
            )
            for client in clients:
                client.say('42/_event,["' + "x" * 19_900 + '"]')
            await settled()
            assert len(reflex.received) == 3
            for client in clients:
                client.task.cancel()

        play(story)

    def test_nobody_is_in_debt_for_long(self, logs: list[Any]) -> None:
        """Who opened thousands of connections held up the whole network for minutes afterwards."""

        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex, is_session)
            for _ in range(3_000):
                client = Client(app)
                await settled()
                client.task.cancel()
                await asyncio.gather(client.task, return_exceptions=True)
            strangers = reflex.sockets[0].customer.strangers
            assert 0 < strangers.events.ahead() < strangers.most_wait + 0.1
            person = Client(app, headers=PERSON)
            await settled()
            assert reflex.sockets[-1].is_stranger is False
            assert reflex.sockets[-1].lane.events.ahead() == 0
            person.task.cancel()
            await asyncio.gather(person.task, return_exceptions=True)

        play(story)
        assert "a websocket was refused: its address sends too much" in {
            entry["event"] for entry in logs
        }

    def test_strangers_hold_up_nobody_who_is_signed_in_at_their_address(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex, is_session)
            strangers, person = [Client(app) for _ in range(60)], Client(app, headers=PERSON)
            await settled()
            joins = [asyncio.ensure_future(socket.join()) for socket in reflex.sockets[:60]]
            await settled()
            assert not all(join.done() for join in joins)
            assert any(socket.why == connections.SENDS_TOO_MUCH for socket in reflex.sockets[:60])
            persons = asyncio.ensure_future(reflex.sockets[60].join())
            await settled()
            assert persons.done()
            assert persons.result()
            for task in [*joins, *(client.task for client in [*strangers, person])]:
                task.cancel()

        play(story)

    @pytest.mark.parametrize(
        "hosts",
        [["192.0.2.1"] * 130, [f"2001:db8:0:{n:x}::1" for n in range(130)]],
        ids=["IPv4", "IPv6"],
    )
    def test_strangers_of_one_customer_are_few_in_however_many_networks(
        self, hosts: list[str]
    ) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_session)
            clients = [Client(app, client=(host, 1)) for host in hosts]
            person = Client(app, client=(hosts[0], 1), headers=PERSON)
            await settled()
            assert len(app.open) == MAX_STRANGERS_PER_CUSTOMER + 1
            assert person.sent == []
            for client in [*clients, person]:
                client.task.cancel()

        play(story)

    def test_a_page_that_loads_again_and_again_is_cut_off(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "MAX_OVERDUE_SECONDS", 0.05)

        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex))
            await settled()
            socket = reflex.sockets[0]
            socket._joins = Allowance(rate=50, reserve=5)
            socket.customer.strangers = replace(
                socket.customer.strangers, joins=Allowance(rate=1e6, reserve=1e6)
            )
            assert [await socket.join() for _ in range(5)] == [True] * 5
            while await asyncio.wait_for(socket.join(), 5):
                pass
            assert socket.why == connections.SENDS_TOO_MUCH_ITSELF
            await client.cut()

        play(story)

    def test_few_bytes_wait_for_their_turn_at_a_time(self, logs: list[Any]) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            most = MAX_HELD_BYTES_PER_CUSTOMER // 200_000
            clients = [Client(app) for _ in range(most + 5)]
            await settled()
            for socket in reflex.sockets:
                socket.is_signed_in = lambda: True
            address = reflex.sockets[0].address
            address.people = replace(
                address.people, most_wait=1e9, large_bytes=Allowance(rate=1, reserve=0)
            )
            for client in clients:
                client.say('42/_event,["' + "x" * 200_000 + '"]')
            for client in clients[most:]:
                await client.cut()
                assert client.sent == refused(4400)
            customer = reflex.sockets[0].customer
            assert customer.held <= MAX_HELD_BYTES_PER_CUSTOMER
            last = Client(app)
            await settled()
            reflex.sockets[-1].is_signed_in = lambda: True
            last.say('42/_event,["' + "x" * 190_000 + '"]')
            await clients[most - 1].cut()  # it holds more
            assert not last.task.done()
            clients.append(last)
            for client in clients:
                client.task.cancel()
            await settled()
            assert customer.held == 0

        play(story)
        assert [entry["event"] for entry in logs if "closed" in entry["event"]] == [
            "a websocket was closed: too many large frames at once"
        ]


class TestUnreadAnswers:
    @staticmethod
    async def _unread(reflex: Reflex, number: int, size: int) -> Client:
        client = Client(Sockets(reflex))
        client.say(JOIN)
        await settled()
        client.blocked = True
        answers = gate.Answers(reflex.sockets[-1])
        packet = type("Packet", (), {"data": "x" * size})
        for _ in range(number):
            answers.put_nowait(packet)
        return client

    @pytest.mark.parametrize(
        ("number", "size"),
        [(3, connections.MAX_UNREAD_BYTES // 2), (connections.MAX_UNREAD_PACKETS + 1, 10)],
    )
    def test_that_pile_up_end_the_connection(self, number: int, size: int, logs: list[Any]) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = await self._unread(reflex, number, size)
            await client.cut()
            assert reflex.sockets[0].customer.unread == 0

        play(story)
        assert [entry["event"] for entry in logs] == [
            "a websocket was closed: its answers are not read"
        ]

    def test_one_that_is_stuck_in_sending_ends_too(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex))
            client.say(JOIN)
            await settled()
            client.blocked = True
            sending = asyncio.ensure_future(reflex.send({"type": "websocket.send", "text": "42"}))
            await settled()
            reflex.sockets[0].cut("a test")
            with pytest.raises(ConnectionAbortedError):
                await asyncio.wait_for(sending, 5)
            await client.cut()

        play(story)

    def test_fewer_end_nothing_and_are_forgotten_once_read(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = await self._unread(reflex, 0, 0)
            answers = gate.Answers(reflex.sockets[0])
            packet = type("Packet", (), {"data": "x" * 1000})
            for _ in range(10_000):
                answers.put_nowait(packet)
                answers.get_nowait()
            assert (reflex.sockets[0].why, reflex.sockets[0].customer.unread) == ("", 0)
            client.task.cancel()

        play(story)


def test_the_next_line_about_an_incident_tells_how_many_there_were(
    monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(10):
        incidents.note("something", "192.0.2.1")
    incidents.note("something", "192.0.2.2")
    now += 61
    incidents.note("something", "192.0.2.1")
    assert [(entry["address"], entry.get("more")) for entry in logs] == [
        ("192.0.2.1", None),
        ("192.0.2.2", None),
        ("192.0.2.1", 9),
    ]
