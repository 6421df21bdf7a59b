"""What holds for every request: its id, paths and methods that do not exist, a server in
trouble."""

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from exports_app.domain.errors import Unavailable
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, HEALTH, SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.lost_database import without_database


class TestTheRequestId:
    def test_a_plain_one_is_kept(self, api: Clients, logs: list[Any]) -> None:
        answer = api.anonymous.get(HEALTH, headers={"X-Request-ID": "trace-1.A_b"})
        assert answer.headers.get_list("x-request-id") == ["trace-1.A_b"]
        assert [entry["path"] for entry in logs] == [HEALTH]

    @pytest.mark.parametrize(
        "odd", ["", "a b", "x" * 65, "<script>", "ü".encode(), "a\tb", "exa_" + "0" * 38]
    )
    def test_another_one_is_replaced(self, api: Clients, odd: Any) -> None:
        answer = api.anonymous.get(HEALTH, headers={"X-Request-ID": odd})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])

    def test_the_query_never_reaches_the_log(self, api: Clients, logs: list[Any]) -> None:
        api.admin.get(SCHEDULES, params={"q": "marker"})
        assert "marker" not in repr(logs)
        assert str(api.admin.token) not in repr(logs)


class TestPathsAndMethods:
    @pytest.mark.parametrize(
        "path",
        [
            "/api",
            "/api/",
            "/api/nope",
            "/api/scheduled-exports/",
            "/api/scheduled-exports/a/b",
            "/api/docs/assets/nope.js",
            "/x",
        ],
    )
    def test_an_unknown_path_is_a_problem_too(self, api: Clients, path: str) -> None:
        for client in (api.anonymous, api.admin):
            problem(client.get(path), 404, "path_not_found")

    def test_what_is_behind_the_end_of_a_file_is_a_problem_too(self, api: Clients) -> None:
        path = "/api/docs/assets/swagger-ui.css"
        for ask in (api.anonymous.get, partial(api.anonymous.request, "HEAD")):
            beyond = ask(path, headers={"Range": "bytes=999999999-"})
            assert beyond.status_code == 416
            assert beyond.headers["content-type"] == "application/problem+json"
            assert beyond.headers["content-range"].startswith("bytes */")
            assert ask(path, headers={"Range": "bytes=9-1"}).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PATCH", SCHEDULES, "GET"),
            ("DELETE", CAMPAIGNS, "GET"),
            ("GET", "/api/auth/login", "POST"),
            ("POST", HEALTH, "GET"),
            ("PATCH", f"{SCHEDULES}/x/history", "GET"),
        ],
    )
    def test_a_wrong_method_says_which_are_right(
        self, api: Clients, method: str, path: str, allowed: str
    ) -> None:
        answer = api.anonymous.request(method, path)
        problem(answer, 405, "method_not_allowed")
        assert allowed in answer.headers["allow"]


class TestADatabaseThatGoesAway:
    @pytest.mark.parametrize(
        "left", [None, b"this is no database" * 100], ids=["unreachable", "damaged"]
    )
    def test_every_route_says_so_and_works_again_by_itself(
        self, api: Clients, services: Services, schedule: Any, logs: list[Any], left: Any
    ) -> None:
        one = f"{SCHEDULES}/{schedule['id']}"
        with without_database(services, left):
            for answer in (
                api.admin.get(SCHEDULES),
                api.admin.get(one),
                api.admin.put(one, {"name": "Lost"}),
                api.admin.post(SCHEDULES, schedule_body()),
                api.admin.post(f"{one}/trigger"),
                api.admin.get(f"{one}/history"),
                api.admin.get(CAMPAIGNS),
                api.anonymous.post(
                    "/api/auth/login", {"email": "admin@example.com", "password": "x"}
                ),
            ):
                problem(answer, 503, "unavailable")
        assert api.admin.get(one).json() == schedule
        assert api.admin.post(f"{one}/trigger").status_code == 202
        assert "request failed" not in {entry["event"] for entry in logs}


class TestWhatNobodyForesaw:
    def test_is_a_plain_500_that_names_the_request_and_no_more(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
    ) -> None:
        def breaks(*_: Any) -> None:
            raise RuntimeError("marker of the inside")

        monkeypatch.setattr(services.store, "ping", breaks)
        answer = api.anonymous.get(HEALTH, headers={"X-Request-ID": "find-me"})
        assert "find-me" in problem(answer, 500, "internal")["detail"]
        assert "marker" not in answer.text
        assert [entry["event"] for entry in logs] == ["request failed", "request"]
        assert logs[-1]["status"] == 500


class TestAnAnswerThatHasBegun:
    def test_is_broken_off_with_one_line_in_the_log_where_the_database_goes_away(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
    ) -> None:
        def pieces(*_: Any) -> Iterator[str]:
            yield "a,b\r\n"
            raise Unavailable

        monkeypatch.setattr(services.audit, "csv", pieces)
        with pytest.raises(RuntimeError):  # so the web server closes the connection
            api.admin.get("/api/audit/csv")
        broken = next(entry for entry in logs if entry["event"] != "request")
        assert (broken["event"], broken["log_level"]) == ("answer broken off", "warning")
        assert "database" in broken["reason"]


class TestACallerWhoHangsUp:
    def test_in_the_middle_of_a_body_is_no_failure_of_the_server(
        self, api: Clients, runner: asyncio.Runner, logs: list[Any]
    ) -> None:
        incoming = [
            {"type": "http.request", "body": b'{"name":', "more_body": True},
            {"type": "http.disconnect"},
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": CAMPAIGNS,
            "raw_path": CAMPAIGNS.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"authorization", f"Bearer {api.admin.token}".encode())],
        }

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(_: Any) -> None:
            """Nobody listens any more."""

        runner.run(api.admin.app(scope, receive, send))
        assert [entry["event"] for entry in logs] == ["request"]
        assert api.admin.get(CAMPAIGNS).json()["total"] == 0
