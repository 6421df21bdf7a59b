"""How much a websocket may send."""

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from exports_app.ui.websockets import rate_allowance
from exports_app.ui.websockets.connections import MAX_STRANGERS_PER_CUSTOMER, Sockets
from exports_app.ui.websockets.rate_allowance import Allowance
from exports_app.ui.websockets.socket import (
    MAX_WAITING_BYTES_PER_CUSTOMER,
    SENDS_TOO_MUCH,
    SENDS_TOO_MUCH_ITSELF,
    Socket,
)
from tests.unit.ui.websockets.clients import (
    PERSON,
    Client,
    Reflex,
    is_session,
    play,
    refused,
    settled,
)


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
            assert len(reflex.received) == 5 + 2  # the reserve, and 50 a second
            other.say('42/_event,["other"]')
            await settled()
            assert '42/_event,["other"]' in reflex.received
            await asyncio.sleep(0.26)
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

            async def join(socket: Socket) -> None:
                assert await socket.join()
                turns.append(time.monotonic() - began)

            began = time.monotonic()
            waiting = [
                asyncio.ensure_future(join(socket))
                for socket in reflex.sockets
                if socket.address is address
            ]
            assert await reflex.sockets[-1].join()
            assert time.monotonic() == began
            await asyncio.gather(*waiting)
            assert turns == pytest.approx([0, 0, *(0.05 * n for n in range(1, 11))])
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
            assert any(socket.why == SENDS_TOO_MUCH for socket in reflex.sockets[:60])
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
        monkeypatch.setattr("exports_app.ui.websockets.socket.MAX_OVERDUE_SECONDS", 0.05)

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
            assert socket.why == SENDS_TOO_MUCH_ITSELF
            await client.cut()

        play(story)

    def test_a_page_that_loads_again_and_again_is_cut_off_where_its_address_is_slow_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("exports_app.ui.websockets.socket.MAX_OVERDUE_SECONDS", 0.1)
        now = time.monotonic()

        async def story() -> None:
            nonlocal now
            reflex = Reflex()
            client = Client(Sockets(reflex))
            await settled()
            socket = reflex.sockets[0]
            monkeypatch.setattr(rate_allowance, "time", SimpleNamespace(monotonic=lambda: now))
            for _ in range(60):
                now += 1
                await socket.join()
            assert socket.why == SENDS_TOO_MUCH_ITSELF
            await client.cut()

        play(story)

    def test_of_a_page_that_has_gone_nothing_is_loaded_any_more(self) -> None:
        async def story() -> None:
            reflex = Reflex()
            client = Client(Sockets(reflex))
            await settled()
            socket = reflex.sockets[0]
            assert await socket.join()
            socket.page_gone = True
            assert not await socket.join()
            assert socket.why == ""
            client.task.cancel()

        play(story)

    def test_few_bytes_wait_for_their_turn_at_a_time(self, logs: list[Any]) -> None:
        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            most = MAX_WAITING_BYTES_PER_CUSTOMER // 200_000
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
            assert customer.waiting <= MAX_WAITING_BYTES_PER_CUSTOMER
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
            assert customer.waiting == 0

        play(story)
        assert [entry["event"] for entry in logs if "closed" in entry["event"]] == [
            "a websocket was closed: too many large frames at once"
        ]
