"""The API's health."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app.api.app import create
from exports_app.api.serving import Serving
from exports_app.domain.errors import Unavailable
from exports_app.wiring import Services
from tests.api.client import HEALTH, SCHEDULES, Api
from tests.api.conftest import Clients, Engine
from tests.api.lost_database import without_database
from tests.doubles import FakeClock
from tests.mailserver import MailServer

READY = "/api/ready"
LIVE = "/api/live"


def report_of(answer: Any) -> dict[str, Any]:
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
        assert report_of(answer) == {
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
        report_of(api.anonymous.get(HEALTH, headers={"Authorization": f"Bearer {token}"}))

    @pytest.mark.usefixtures("mail")
    def test_says_that_mail_is_set_up(self, api: Clients, mail: MailServer) -> None:
        assert near(api).get(HEALTH).json()["email"] == "configured"

    def test_is_503_while_the_engine_is_down(self, api: Clients, engine: Engine) -> None:
        engine.alive = False
        answer = near(api).get(HEALTH)
        assert answer.status_code == 503
        reasons = ["The engine has stopped: restart the server, and check its log"]
        assert report_of(answer) == {
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
        assert report_of(answer) == {
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
            "A scheduled export has been due for 16 min 0 s and has no run yet"
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
            ["A run has waited 15 min 30 s for a worker"],
        )
        services.run_queue.claim()  # the other one waits for the first, not for a worker
        assert api.anonymous.get(HEALTH).status_code == 200

    def test_is_503_while_the_database_can_be_read_and_not_written(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("exports_app.services.health.PROBE_SECONDS", -1.0)
        words = "The disk of the database is full: make room on it"

        def full() -> None:
            raise Unavailable(words)

        with monkeypatch.context() as patched:
            patched.setattr(services.store, "check_writable", full)
            answer = near(api).get(HEALTH)
        assert (answer.status_code, answer.json()["database"]) == (503, "down")
        assert answer.json()["reasons"] == [words]
        assert near(api).get(HEALTH).status_code == 200

    def test_is_503_while_the_database_does_not_answer(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = threading.Event()
        monkeypatch.setattr("exports_app.api.routes.health.PATIENCE", 0.05)
        monkeypatch.setattr("exports_app.api.single_flight.FRESH_SECONDS", 0.0)
        with monkeypatch.context() as patched:
            patched.setattr(services.store, "ping", lambda: held.wait(60))
            for _ in range(3):  # they share one look
                answer = near(api).get(HEALTH)
                assert answer.status_code == 503
                assert "has not answered" in answer.json()["reasons"][0]
        held.set()
        monkeypatch.setattr("exports_app.api.routes.health.PATIENCE", 30.0)
        near(api).get(HEALTH)  # the end of the look from before
        assert near(api).get(HEALTH).status_code == 200


class TestReady:
    """What load balancers go by."""

    def test_follows_the_life_of_the_server(
        self, api: Clients, services: Services, engine: Engine
    ) -> None:
        serving = Serving()
        app = create(services, engine, serving)
        stranger = Api(app, api.anonymous.runner)
        answers = [stranger.get(READY)]
        serving.started()
        answers.append(stranger.get(READY))
        serving.drain()
        serving.started()  # a stop during the start counts
        answers.append(stranger.get(READY))
        assert [(answer.status_code, answer.json()) for answer in answers] == [
            (503, {"status": "not ready"}),
            (200, {"status": "ready"}),
            (503, {"status": "not ready"}),
        ]
        assert stranger.get(LIVE).json() == {"status": "ok"}
        insider = Api(
            app, api.anonymous.runner, address="127.0.0.1", base_url="http://localhost:3720"
        )
        assert insider.get(READY).json()["reasons"] == [
            "The server is shutting down: it finishes open requests, then closes its port"
        ]

    def test_is_503_while_the_database_is_away_and_the_server_is_alive(
        self, api: Clients, services: Services
    ) -> None:
        with without_database(services):
            answer = near(api).get(READY)
            assert near(api).get(LIVE).status_code == 200
        assert (answer.status_code, answer.json()) == (
            503,
            {"status": "not ready", "reasons": ["The database does not answer"]},
        )
        assert near(api).get(READY).json() == {"status": "ready", "reasons": []}

    def test_is_not_about_late_runs_or_the_engine(self, api: Clients, engine: Engine) -> None:
        """Else a balancer would take all servers away at once."""
        engine.alive = False
        assert api.anonymous.get(READY).status_code == 200
        assert api.anonymous.get(LIVE).status_code == 200
