"""Answers that a client does not read, and how incidents are logged."""

import asyncio
import time
from typing import Any

import pytest

from exports_app.ui.websockets import gate
from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.socket import MAX_UNREAD_BYTES, MAX_UNREAD_PACKETS
from tests.unit.ui.websockets.clients import JOIN, Client, Reflex, play, settled


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
        [(3, MAX_UNREAD_BYTES // 2), (MAX_UNREAD_PACKETS + 1, 10)],
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
