"""What the handshake and a packet of a websocket may be."""

import asyncio
from typing import Any

import pytest

from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.packets import MAX_FRAME_BYTES, MAX_FRAME_BYTES_OF_STRANGERS
from tests.unit.ui.websockets.clients import (
    JOIN,
    QUERY,
    TOKEN,
    Client,
    Reflex,
    play,
    refused,
    settled,
)


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
        monkeypatch.setattr("exports_app.ui.websockets.socket.JOIN_SECONDS", 0.05)

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
                "a frame over 16 KB before anyone signed in",
            ),
            (
                '42/_event,["' + "é" * (MAX_FRAME_BYTES_OF_STRANGERS // 2) + '"]',
                None,
                "a frame over 16 KB before anyone signed in",
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
