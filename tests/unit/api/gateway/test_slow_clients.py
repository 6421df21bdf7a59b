"""Clients that send slowly."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import structlog

from exports_app.api.middleware import slow_clients
from exports_app.api.middleware.gateway import Edge
from tests import virtual_time
from tests.unit.api.gateway.requests import answering


class TestSlowClients:
    def post(
        self,
        edge: Edge,
        parts: list[bytes],
        pause: float,
        *,
        announced: bool = True,
        path: str = "/api/x",
        client: str = "",
    ) -> tuple[list[Any], float]:
        """The answer to a request whose body comes in these parts, and the seconds it took."""
        sent: list[Any] = []
        left = [*parts]

        async def receive() -> Any:
            await asyncio.sleep(pause)
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", b"100")] if announced else []
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "scheme": "http",
            "headers": headers,
        }
        if client:
            scope["client"] = (client, 4711)
        took = 0.0

        async def request() -> None:
            nonlocal took
            begun = time.monotonic()
            await edge(scope, receive, send)
            took = time.monotonic() - begun

        virtual_time.run(request())
        return sent, took

    @pytest.fixture
    def edge(self, tmp_path: Path) -> Edge:
        async def reads(scope: Any, receive: Any, send: Any) -> None:
            while (message := await receive())["type"] == "http.request":
                if not message["more_body"]:
                    break
            await answering(200 if message["type"] == "http.request" else 422)(scope, receive, send)

        return Edge(answering(), reads, tmp_path)

    def test_a_body_that_does_not_come_is_cut_off(self, edge: Edge) -> None:
        sent, took = self.post(edge, [b"a", b"b"], pause=60)
        assert [message.get("status") for message in sent] == [408, None]
        assert (b"connection", b"close") in sent[0]["headers"]
        assert took == pytest.approx(slow_clients.PATIENCE)

    def test_the_log_shows_neither_a_one_time_code_nor_all_of_a_long_path(self, edge: Edge) -> None:
        with structlog.testing.capture_logs() as logs:
            self.post(edge, [b"a", b"b"], pause=60, path="/api/session/SECRET", client="192.0.2.1")
            self.post(edge, [b"a", b"b"], pause=60, path="/api/" + "x" * 16_000, client="192.0.2.2")
            self.post(
                edge, [b"a", b"b"], pause=60, path="/api/again", client="192.0.2.2"
            )  # one line an incident
        assert [entry["path"] for entry in logs] == ["/api/session/***", "/api/" + "x" * 295]

    @pytest.mark.parametrize("limit", ["NETWORK_BODIES", "BODIES", "NETWORK_BYTES", "BYTES"])
    def test_of_too_many_the_oldest_is_cut_off(
        self, edge: Edge, monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        monkeypatch.setattr(slow_clients, limit, 3 if limit.endswith("BODIES") else 3 * 1_000)
        statuses: dict[int, int] = {}

        async def request(number: int, rest: asyncio.Event) -> None:
            parts = [b"a" * 1_000, b""]

            async def receive() -> Any:
                if len(parts) == 1:
                    await rest.wait()
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

            async def send(message: Any) -> None:
                statuses.setdefault(number, message.get("status", 0))

            client = (
                "192.0.2.1"
                if number < 4 or limit.startswith("NETWORK")
                else f"198.51.100.{number}",
                4711,
            )
            headers = [(b"content-length", b"1000")]
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/api/x",
                "scheme": "http",
                "headers": headers,
                "client": client,
            }
            await edge(scope, receive, send)

        async def crowd() -> None:
            rest = asyncio.Event()
            tasks = [asyncio.create_task(request(number, rest)) for number in range(5)]
            await asyncio.wait(tasks[:2])
            rest.set()
            await asyncio.gather(*tasks)

        with structlog.testing.capture_logs() as logs:
            virtual_time.run(crowd())
        assert statuses == {0: 408, 1: 408, 2: 200, 3: 200, 4: 200}
        assert len(logs) == 1

    def test_so_is_one_that_comes_drop_by_drop(self, edge: Edge) -> None:
        sent, took = self.post(edge, [b"a"] * 1_000, pause=1)
        assert sent[0]["status"] == 408
        assert took == pytest.approx(slow_clients.PATIENCE, abs=1)

    def test_a_large_one_may_take_its_time(self, edge: Edge) -> None:
        sent, _ = self.post(edge, [b"a" * 4_000] * 8, pause=2.9)
        assert sent[0]["status"] == 200

    def test_a_request_without_a_body_may_be_answered_slowly(self, tmp_path: Path) -> None:
        async def slow(scope: Any, receive: Any, send: Any) -> None:
            assert (await receive())["type"] == "http.request"
            await answering(200)(scope, receive, send)

        sent, _ = self.post(Edge(answering(), slow, tmp_path), [b""], pause=60, announced=False)
        assert sent[0]["status"] == 200
