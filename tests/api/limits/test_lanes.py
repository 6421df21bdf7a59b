"""Whoever comes to a full lane is told to come again, other lanes go on, and a slow client takes no
place from others."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import Request

from exports_app.api import request_body
from exports_app.services.core.lanes import Lane, Lanes
from exports_app.wiring import Services
from tests.api.client import HEALTH, SCHEDULES, Api
from tests.api.conftest import Clients
from tests.world import PASSWORD, Cast


@pytest.fixture
def lanes(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lanes]:
    def put(**changed: Lane) -> Lanes:
        made = Lanes(**changed)
        monkeypatch.setitem(services.__dict__, "lanes", made)
        return made

    return put


@contextmanager
def taken(lane: Lane, runner: asyncio.Runner) -> Iterator[None]:
    """All places of the lane."""
    for _ in range(lane.places):
        runner.run(lane.enter())
    try:
        yield
    finally:
        for _ in range(lane.places):
            lane.leave()


def busy(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] == "busy"


class TestFullLanes:
    def test_a_full_lane_refuses_and_goes_on_afterwards(
        self, api: Clients, lanes: Callable[..., Lanes], runner: asyncio.Runner
    ) -> None:
        lane = lanes(api=Lane("api", 1, 0)).api
        with taken(lane, runner):
            busy(api.admin.get(SCHEDULES))
        assert api.admin.get(SCHEDULES).status_code == 200
        with taken(lane, runner):
            busy(api.admin.get(SCHEDULES))

    def test_other_lanes_and_health_go_on(
        self, api: Clients, lanes: Callable[..., Lanes], runner: asyncio.Runner, cast: Cast
    ) -> None:
        all_lanes = lanes(**{name: Lane(name, 1, 0) for name in ("api", "files", "metrics")})
        login = {"email": cast.admin.user.email, "password": PASSWORD}
        with (
            taken(all_lanes.api, runner),
            taken(all_lanes.files, runner),
            taken(all_lanes.metrics, runner),
        ):
            for probe in (HEALTH, "/api/live", "/api/ready"):
                assert api.anonymous.get(probe).status_code == 200
            assert api.anonymous.post("/api/auth/login", login).status_code == 200
        all_lanes = lanes(sign_in=Lane("sign-in", 1, 0))
        with taken(all_lanes.sign_in, runner):
            busy(api.anonymous.post("/api/auth/login", login))
            busy(api.anonymous.get("/api/session/a-code"))
            assert api.admin.get(SCHEDULES).status_code == 200

    @pytest.mark.parametrize(
        ("lane", "method", "path"),
        [
            ("files", "GET", "/api/audit/csv"),
            ("files", "GET", "/api/files/x"),
            ("files", "GET", f"{SCHEDULES}/a/history/b/file"),
            ("files", "GET", "/api/download/x"),
            ("trials", "POST", "/api/destinations/x/test"),
            ("metrics", "GET", "/api/metrics"),
            ("sign_in", "POST", "/api/auth/reset-password"),
            ("sign_in", "POST", "/api/invitations/accept"),
            ("sign_in", "POST", "/api/account/password"),
            ("api", "GET", "/api/auth/me"),
            ("api", "GET", "/api/no/such/path"),
        ],
    )
    def test_each_path_has_its_lane(
        self,
        api: Clients,
        lanes: Callable[..., Lanes],
        runner: asyncio.Runner,
        lane: str,
        method: str,
        path: str,
    ) -> None:
        made = lanes(**{lane: Lane(lane, 1, 0)})
        with taken(getattr(made, lane), runner):
            busy(api.admin.request(method, path))

    def test_an_error_gives_the_place_back(
        self, api: Clients, lanes: Callable[..., Lanes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lanes(api=Lane("api", 1, 0), files=Lane("files", 1, 0))
        for _ in range(2):
            assert api.admin.get(f"{SCHEDULES}/none").status_code == 404
            assert api.admin.post(SCHEDULES, {}).status_code == 422
            assert api.admin.get("/api/audit/csv").status_code == 200
        monkeypatch.setattr("exports_app.services.schedules.service.Schedules.find", None)
        for _ in range(2):
            assert api.admin.get(SCHEDULES).status_code == 500


class Slow:
    """A client that sends its body, or takes its answer, when it is told to."""

    def __init__(self, api: Api, path: str, method: str = "GET", body: bytes = b"") -> None:
        self._app = api.app
        self._body = body
        self._received = 0
        headers = [(b"host", b"exports.test"), (b"authorization", f"Bearer {api.token}".encode())]
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": ("192.0.2.7", 4711),
            "server": ("exports.test", 80),
            "state": {},
        }
        self.go_on = asyncio.Event()
        self.waits = asyncio.Event()
        self.answered = asyncio.Event()
        self.status = 0

    async def run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> Any:
        self._received += 1
        half = len(self._body) // 2
        if self._body and self._received == 1:
            return {"type": "http.request", "body": self._body[:half], "more_body": True}
        if self._body and self._received == 2:
            self.waits.set()
            await self.go_on.wait()
            return {"type": "http.request", "body": self._body[half:], "more_body": False}
        if not self._body and self._received == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        return None

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        if message["type"] == "http.response.body" and message.get("more_body"):
            self.waits.set()
            self.answered.set()
            await self.go_on.wait()


class TestSlowClients:
    def test_a_body_that_is_still_to_come_takes_no_place(
        self,
        api: Clients,
        lanes: Callable[..., Lanes],
        runner: asyncio.Runner,
        services: Services,
    ) -> None:
        lane = lanes(api=Lane("api", 1, 0)).api
        body = json.dumps({"name": "Launch", "currency": "EUR"}).encode()

        async def story() -> None:
            slow = Slow(api.admin, "/api/campaigns", "POST", body)
            task = asyncio.create_task(slow.run())
            await slow.waits.wait()
            async with lane.place():
                pass
            slow.go_on.set()
            await task
            assert slow.status == 201

        runner.run(story())

    def test_an_answer_that_nobody_takes_holds_no_place(
        self, api: Clients, lanes: Callable[..., Lanes], runner: asyncio.Runner
    ) -> None:
        lane = lanes(files=Lane("files", 1, 0)).files

        async def story() -> None:
            slow = Slow(api.admin, "/api/audit/csv")
            task = asyncio.create_task(slow.run())
            await slow.waits.wait()
            async with lane.place():
                slow.go_on.set()  # goes on once it has a place again
            await task
            assert slow.status == 200

        runner.run(story())

    def test_a_body_that_nobody_reads_takes_no_second_place(
        self,
        api: Clients,
        lanes: Callable[..., Lanes],
        runner: asyncio.Runner,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def unread(_: Request) -> None:
            """As on routes that do not look for one."""

        monkeypatch.setattr(request_body, "check_absent", unread)
        lane = lanes(files=Lane("files", 1, 0)).files

        async def story() -> None:
            slow = Slow(api.admin, "/api/audit/csv", body=b"unread")
            task = asyncio.create_task(slow.run())
            await slow.answered.wait()
            slow.go_on.set()  # its body and its answer go on at the same moment
            async with asyncio.timeout(20):
                await task
            assert slow.status == 200
            async with lane.place():
                pass

        runner.run(story())


class TestReadings:
    def test_a_reading_that_takes_too_long_is_stopped_in_the_database(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed = services.settings.__dict__ | {"read_seconds": 0.05}
        monkeypatch.setattr(services.settings, "__dict__", changed)

        def endless(*_: Any, **__: Any) -> Any:
            with services.store.read() as tx:
                return tx.connection.exec_driver_sql(  # type: ignore[attr-defined]
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                    "SELECT max(i) FROM n"
                ).scalar_one()

        monkeypatch.setattr(services.schedules, "find", endless)
        answer = api.admin.get(SCHEDULES)
        assert (answer.status_code, answer.json()["code"]) == (503, "read_too_long")
        assert "narrow it" in answer.json()["detail"]
        monkeypatch.undo()
        assert api.admin.get(SCHEDULES).status_code == 200


def test_health_answers_while_all_threads_of_requests_wait(
    api: Clients, services: Services, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the lanes allow."""
    held = threading.Event()
    monkeypatch.setattr(services.schedules, "find", lambda *_: held.wait(60) and ([], 0))
    monkeypatch.setitem(services.__dict__, "lanes", Lanes(api=Lane("api", 100, 0)))

    async def story() -> None:
        import anyio.to_thread

        number = int(anyio.to_thread.current_default_thread_limiter().total_tokens)
        waiting = [asyncio.create_task(Slow(api.admin, SCHEDULES).run()) for _ in range(number + 4)]
        limiter = anyio.to_thread.current_default_thread_limiter()
        while limiter.available_tokens:  # noqa: ASYNC110 (nothing tells when they are taken)
            await asyncio.sleep(0.01)
        health = Slow(api.anonymous, HEALTH)
        await health.run()
        assert health.status == 200
        held.set()
        await asyncio.gather(*waiting)

    runner.run(story())
