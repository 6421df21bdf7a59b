"""The websockets beneath the pages: how many there may be."""

import asyncio
from typing import Any

import pytest

from exports_app.ui.websockets import connections
from exports_app.ui.websockets.connections import (
    MAX_SOCKETS_PER_SESSION,
    MAX_STRANGERS_PER_CUSTOMER,
    Sockets,
)
from tests.unit.ui.websockets.clients import (
    COOKIE,
    PERSON,
    Client,
    Reflex,
    is_session,
    play,
    refused,
    settled,
)


class TestHowMany:
    @pytest.mark.parametrize(
        ("signed_in", "most"),
        [(True, 200), (False, MAX_STRANGERS_PER_CUSTOMER)],
        ids=["signed in", "strangers"],
    )
    def test_an_address_has_only_so_many_at_a_time(
        self, signed_in: bool, most: int, logs: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "MAX_SOCKETS_PER_ADDRESS", 200)

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
        monkeypatch.setattr(connections, "MAX_STRANGERS_PER_NETWORK", {56: 30, 48: 60})

        async def story() -> None:
            reflex = Reflex()
            app = Sockets(reflex)
            clients = [
                Client(app, client=(f"2001:db8:0:{number % 25:x}00::1", 1))
                for number in range(25 * 20)
            ]
            await settled()
            assert len(app.open) == connections.MAX_STRANGERS_PER_NETWORK[48]
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


def cookie_of(number: int) -> list[tuple[bytes, bytes]]:
    """Of the session of the person with this number."""
    return [(b"cookie", f"exports_session=person-{number:043}".encode())]


def is_a_person(secret: str) -> bool:
    return secret.startswith("person-")


class TestAnOfficeBehindOneAddress:
    @pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8:1:2::1"])
    def test_hundreds_of_people_have_their_pages(self, host: str) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_a_person)
            clients = [
                Client(app, client=(host, 1), headers=cookie_of(number)) for number in range(700)
            ]
            await settled()
            newcomers = [Client(app, client=(host, 1)) for _ in range(MAX_STRANGERS_PER_CUSTOMER)]
            await settled()
            assert {tuple(client.sent) for client in [*clients, *newcomers]} == {()}
            one_more = Client(app, client=(host, 1))
            await one_more.cut()
            assert one_more.sent == refused(4429)
            for client in [*clients, *newcomers]:
                client.task.cancel()
            await asyncio.gather(
                *(client.task for client in [*clients, *newcomers]), return_exceptions=True
            )
            assert not app.open
            assert not app._sessions
            assert not app._networks

        play(story)

    def test_one_session_has_only_so_many(self, logs: list[Any]) -> None:
        async def story() -> None:
            app = Sockets(Reflex(), is_a_person)
            clients = [
                Client(app, client=(f"192.0.2.{number}", 1), headers=cookie_of(1))
                for number in range(MAX_SOCKETS_PER_SESSION)
            ]
            await settled()
            one_more = Client(app, client=("192.0.2.250", 1), headers=cookie_of(1))
            await one_more.cut()
            assert one_more.sent == refused(4429)
            other = Client(app, client=("192.0.2.250", 1), headers=cookie_of(2))
            clients[0].task.cancel()
            await settled()
            again = Client(app, client=("192.0.2.250", 1), headers=cookie_of(1))
            await settled()
            assert (other.sent, again.sent) == ([], [])
            for client in [*clients, other, again]:
                client.task.cancel()

        play(story)
        assert {entry["event"] for entry in logs} == {"a websocket was refused: too many are open"}


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
            stranger = Client(app)
            made_up = Client(app, headers=COOKIE)
            person = Client(app, headers=PERSON)
            await clients[7].cut()
            await stranger.cut()
            await made_up.cut()
            assert (stranger.sent, made_up.sent, person.sent) == (refused(4429), refused(4429), [])
            await self._end(*clients, person)

        play(story)
