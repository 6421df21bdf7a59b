"""What holds for every request: its id, paths and methods that do not exist, a server in trouble,
health, the documentation."""

import asyncio
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients, Engine
from tests.api.lost_database import without_database
from tests.api.routes import PUBLIC
from tests.mailserver import MailServer
from tests.world import FakeClock

HEALTH = "/api/health"


class TestTheRequestId:
    def test_a_plain_one_is_kept(self, api: Clients, logs: list[Any]) -> None:
        answer = api.anonymous.get(HEALTH, headers={"X-Request-ID": "trace-1.A_b"})
        assert answer.headers.get_list("x-request-id") == ["trace-1.A_b"]
        assert [entry["path"] for entry in logs] == [HEALTH]

    @pytest.mark.parametrize("odd", ["", "a b", "x" * 65, "<script>", "ü".encode(), "a\tb"])
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
            problem(client.get(path), 404, "not_found")

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PATCH", SCHEDULES, "GET"),
            ("DELETE", CAMPAIGNS, "GET"),
            ("GET", "/api/auth/login", "POST"),
            ("POST", HEALTH, "GET"),
            ("PATCH", f"{SCHEDULES}/x", "GET"),
        ],
    )
    def test_a_wrong_method_says_which_are_right(
        self, api: Clients, method: str, path: str, allowed: str
    ) -> None:
        answer = api.anonymous.request(method, path)
        problem(answer, 405, "method_not_allowed")
        assert allowed in answer.headers["allow"]


def told(answer: Any) -> dict[str, Any]:
    """What health says, but for the disk, which it always measures."""
    body = answer.json()
    files = body.pop("files")
    assert set(files) == {"count", "bytes", "free"}
    assert files["free"] > 0
    return body


def near(api: Clients) -> Api:
    """A caller on the server's own machine."""
    return Api(
        api.anonymous.app,
        api.anonymous.runner,
        address="127.0.0.1",
        base_url="http://localhost:3720",
    )


class TestHealth:
    def test_tells_this_machine_that_all_is_well(self, api: Clients) -> None:
        answer = near(api).get(HEALTH)
        assert answer.status_code == 200
        assert told(answer) == {
            "status": "ok",
            "database": "ok",
            "engine": "ok",
            "email": "not configured",
            "reasons": [],
        }

    @pytest.mark.parametrize("alive", [True, False])
    def test_tells_strangers_the_status_alone(
        self, api: Clients, engine: Engine, alive: bool
    ) -> None:
        engine.alive = alive
        for client in (api.anonymous, api.admin, api.super_admin):
            answer = client.get(HEALTH)
            assert answer.status_code == (200 if alive else 503)
            assert answer.json() == {"status": "ok" if alive else "down"}

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Forwarded-For": "203.0.113.9"},
            {"Forwarded": "for=203.0.113.9"},
            {"Via": "1.1 proxy"},
            {"CF-Connecting-IP": "203.0.113.9"},
            {"Host": "rebound.example"},
        ],
    )
    def test_counts_whoever_a_proxy_calls_for_as_a_stranger(
        self, api: Clients, headers: dict[str, str]
    ) -> None:
        assert near(api).get(HEALTH, headers=headers).json() == {"status": "ok"}

    def test_behind_a_proxy_all_but_the_token_are_strangers(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = "a token for the tests of health"
        changed = {"public_url": "https://exports.example", "metrics_token": SecretStr(token)}
        monkeypatch.setattr(services.settings, "__dict__", services.settings.__dict__ | changed)
        assert near(api).get(HEALTH).json() == {"status": "ok"}
        for given in ("", "Bearer ", "Bearer wrong", token):
            assert api.anonymous.get(HEALTH, headers={"Authorization": given}).json() == {
                "status": "ok"
            }
        told(api.anonymous.get(HEALTH, headers={"Authorization": f"Bearer {token}"}))

    @pytest.mark.usefixtures("mail")
    def test_says_that_mail_is_set_up(self, api: Clients, mail: MailServer) -> None:
        assert near(api).get(HEALTH).json()["email"] == "configured"

    def test_is_503_while_the_engine_is_down(self, api: Clients, engine: Engine) -> None:
        engine.alive = False
        answer = near(api).get(HEALTH)
        assert answer.status_code == 503
        reasons = ["the engine's loop does not turn: restart the server, and see its log"]
        assert told(answer) == {
            "status": "down",
            "database": "ok",
            "engine": "down",
            "email": "not configured",
            "reasons": reasons,
        }

    def test_is_503_while_the_database_is_down(self, api: Clients, services: Services) -> None:
        with without_database(services):
            answer = near(api).get(HEALTH)
        assert answer.status_code == 503
        reasons = ["The database cannot be reached: try again in a moment"]
        assert told(answer) == {
            "status": "down",
            "database": "down",
            "engine": "ok",
            "email": "not configured",
            "reasons": reasons,
        }
        assert near(api).get(HEALTH).json()["status"] == "ok"

    def test_is_503_when_a_schedule_is_long_due(
        self, api: Clients, clock: FakeClock, services: Services, schedule: Any
    ) -> None:
        due = datetime.fromisoformat(schedule["nextRunAt"])
        clock.set(due + timedelta(minutes=15))
        assert api.anonymous.get(HEALTH).status_code == 200
        clock.advance(minutes=1)
        answer = near(api).get(HEALTH)
        assert answer.status_code == 503
        assert answer.json()["reasons"] == [
            "a scheduled export is due since 16 min 0 s and has no run yet"
        ]
        assert (answer.json()["database"], answer.json()["engine"]) == ("ok", "ok")
        services.ticks.tick()
        assert api.anonymous.get(HEALTH).status_code == 200

    def test_is_503_when_a_run_waits_long_for_a_worker(
        self, api: Clients, clock: FakeClock, services: Services, schedule: Any
    ) -> None:
        api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger")
        api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger")
        clock.advance(minutes=15.5)
        answer = near(api).get(HEALTH)
        assert (answer.status_code, answer.json()["reasons"]) == (
            503,
            ["a run has waited 15 min 30 s for a worker"],
        )
        services.run_queue.claim()  # the other one waits for the first, not for a worker
        assert api.anonymous.get(HEALTH).status_code == 200


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


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [v for k, v in node.items() if k == "$ref"] + [
            r for v in node.values() for r in references(v)
        ]
    return [r for v in node for r in references(v)] if isinstance(node, list) else []


WITHOUT_BODY = (
    "/trigger",
    "/cancel",
    "/retry",
    "/give-up",
    "/resend",
    "/accept-unknown",
    "/revoke-links",
    "/sign-out-everywhere",
    "}/reset-password",
)


class TestTheDocumentation:
    @pytest.fixture
    def document(self, api: Clients) -> dict[str, Any]:
        answer = api.anonymous.get("/api/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        document: dict[str, Any] = answer.json()
        return document

    def test_every_reference_leads_somewhere(self, document: dict[str, Any]) -> None:
        found = references(document)
        assert found
        for reference in found:
            node = document
            for step in reference.removeprefix("#/").split("/"):
                node = node[step]

    def test_names_what_every_operation_takes_and_answers(self, document: dict[str, Any]) -> None:
        names = []
        for path, item in document["paths"].items():
            for method, operation in item.items():
                names.append(operation["operationId"])
                where = f"{method} {path}"
                held = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
                assert held == set(re.findall(r"\{(\w+)\}", path)), where
                if method == "put" or (method == "post" and not path.endswith(WITHOUT_BODY)):
                    assert "schema" in operation["requestBody"]["content"]["application/json"], (
                        where
                    )
                # Accepting an invitation takes a token or a password
                open_to_all = (method.upper(), path) in PUBLIC and path != "/api/invitations/accept"
                assert bool(operation.get("security")) == (not open_to_all), where
                assert any(status.startswith("2") for status in operation["responses"]), where
        assert len(names) == len(set(names))

    def test_errors_are_described_as_they_are(self, document: dict[str, Any]) -> None:
        assert set(document["components"]["schemas"]["Problem"]["properties"]) == {
            "type", "title", "status", "detail", "code", "errors"
        }  # fmt: skip
        for path, item in document["paths"].items():
            for operation in item.values():
                assert "application/problem+json" in operation["responses"]["default"]["content"], (
                    path
                )
        assert "HTTPValidationError" not in json.dumps(document)

    def test_bodies_are_described_in_the_words_of_the_json(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        assert set(schemas["ScheduleIn"]["required"]) == {
            "name",
            "exportType",
            "format",
            "schedule",
            "recipients",
        }
        assert schemas["ScheduleIn"]["additionalProperties"] is False
        assert {"startDate", "endDate", "period", "campaignIds", "groupBy"} == set(
            schemas["FiltersIn"]["properties"]
        )

    def test_the_page_loads_nothing_from_another_host_and_has_no_inline_script(
        self, api: Clients
    ) -> None:
        page = api.anonymous.get("/api/docs")
        assert page.headers["content-type"].startswith("text/html")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert [x for x in loaded if not x.startswith(("/api/docs/", "data:"))] == []
        assert all('src="' in tag for tag in re.findall(r"<script[^>]*>", page.text))
        for path in loaded:
            if path.startswith("/"):
                assert api.anonymous.get(path).status_code == 200, path
        start = api.anonymous.get("/api/docs/start.js")
        assert start.headers["content-type"].startswith("text/javascript")
        assert "://" not in start.text


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
