"""Attempts, decisions, notices and backfill over HTTP. Who may call them:
tests/api/access/test_every_route.py."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Campaign, Run
from exports_app.wiring import Services
from tests.api.client import RUN_KEYS, SCHEDULES, Api, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.doubles import NOW, FakeClock, WatchedEmail
from tests.mailserver import MailServer, mail_server
from tests.world import claim, execute, registered, the_run

ANN, BOB = "ann@example.com", "bob@example.com"
POLICIES = {
    "overlap": "queue_one",
    "catchUp": "all",
    "catchUpHours": 12,
    "jitterSeconds": 90,
    "pauseAfter": 0,
    "onUnknown": "hold",
    "retryAttempts": 4,
    "retryBaseSeconds": 7,
}


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


@pytest.fixture
def moody() -> Iterator[MailServer]:
    """Puts Bob off; keeps quiet about Ann's message."""
    with (
        mail_server(refuse={BOB: "451 come back later"}, vanish=frozenset({ANN})) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        yield server


def made(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.post(SCHEDULES, schedule_body(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


def started(api: Api, services: Services, **changes: Any) -> tuple[str, Run]:
    """The path of a run after its first attempt, and the run."""
    schedule = made(api, **changes)
    api.post(f"{SCHEDULES}/{schedule['id']}/trigger")
    run = execute(services, claim(services))
    return f"{SCHEDULES}/{schedule['id']}/history/{run.id}", run


class TestPolicies:
    def test_are_kept_and_answered(self, api: Clients) -> None:
        schedule = made(api.admin, **POLICIES)
        assert {key: schedule[key] for key in POLICIES} == POLICIES
        assert (schedule["failures"], schedule["pausedAt"], schedule["pausedReason"]) == (
            0,
            None,
            None,
        )
        path = f"{SCHEDULES}/{schedule['id']}"
        changed = api.admin.put(
            path, {"retryAttempts": None, "retryBaseSeconds": None, "overlap": "allow"}
        ).json()
        assert (changed["retryAttempts"], changed["retryBaseSeconds"], changed["overlap"]) == (
            None,
            None,
            "allow",
        )
        assert {k: changed[k] for k in ("catchUp", "onUnknown", "pauseAfter")} == {
            "catchUp": "all",
            "onUnknown": "hold",
            "pauseAfter": 0,
        }

    def test_a_pause_is_shown_and_activating_ends_it(
        self, api: Clients, services: Services, clock: FakeClock
    ) -> None:
        schedule = made(api.admin, schedule="0 * * * *", pauseAfter=1)
        clock.advance(hours=1)
        services.ticks.tick()
        services.run_endings.close(claim(services), RunStatus.FAILED, "it broke", "broken")
        path = f"{SCHEDULES}/{schedule['id']}"
        paused = api.viewer.get(path).json()
        assert (paused["isActive"], paused["nextRunAt"], paused["failures"]) == (False, None, 1)
        assert paused["pausedReason"] == "the last run failed: it broke"
        assert paused["pausedAt"] == "2026-03-04T11:30:00Z"
        (notice,) = api.viewer.get(f"{path}/notices").json()["items"]
        assert (notice["kind"], notice["target"], notice["status"]) == (
            "paused",
            "admin@example.com",
            "pending",
        )
        problem(
            api.admin.put(path, {"isActive": True, "version": schedule["version"]}),
            409,
            "version_conflict",
        )
        resumed = api.admin.put(path, {"isActive": True, "version": paused["version"]}).json()
        assert (resumed["pausedAt"], resumed["pausedReason"], resumed["failures"]) == (
            None,
            None,
            0,
        )


class TestAttempts:
    def test_are_listed_the_oldest_first(
        self, api: Clients, services: Services, clock: FakeClock, moody: MailServer
    ) -> None:
        path, run = started(api.admin, services, recipients=[BOB])
        assert run.next_attempt_at is not None
        clock.set(run.next_attempt_at)
        execute(services, claim(services))
        items = api.viewer.get(f"{path}/attempts").json()["items"]
        assert [(one["number"], one["outcome"], one["errorCode"]) for one in items] == [
            (1, "retry", "delivery_failed"),
            (2, "retry", "delivery_failed"),
        ]
        assert "451" in items[0]["error"]
        assert items[0]["startedAt"] == "2026-03-04T10:30:00Z"


class TestDecisions:
    def test_retry_begins_the_next_attempt(
        self, api: Clients, services: Services, moody: MailServer
    ) -> None:
        path, run = started(api.admin, services, recipients=[BOB])
        with services.store.write() as tx:
            tx.runs.update_unclaimed(run, {"next_attempt_at": NOW + timedelta(hours=1)})
        assert services.run_queue.claim() is None
        body = api.admin.post(f"{path}/retry").json()
        assert set(body) == RUN_KEYS
        assert (body["status"], body["nextAttemptAt"]) == ("pending", None)
        assert claim(services).id == run.id
        problem(api.admin.post(f"{path}/retry"), 409, "run_not_waiting")

    def test_give_up_ends_it(self, api: Clients, services: Services, moody: MailServer) -> None:
        path, run = started(api.admin, services, recipients=[BOB])
        body = api.admin.post(f"{path}/give-up").json()
        assert (body["status"], body["completedAt"], body["nextAttemptAt"]) == (
            "failed",
            "2026-03-04T10:30:00Z",
            None,
        )
        assert body["error"].endswith("(Admin stopped retrying)")
        problem(api.admin.post(f"{path}/give-up"), 409, "run_not_waiting")
        assert the_run(services, run).status is RunStatus.FAILED

    def test_what_is_unknown_is_accepted_or_sent_again(
        self, api: Clients, services: Services, moody: MailServer
    ) -> None:
        path, run = started(api.admin, services, recipients=[ANN], onUnknown="hold")
        assert run.status is RunStatus.PARTIAL
        again = api.admin.post(f"{path}/resend").json()
        assert (again["status"], again["deliveries"][0]["status"]) == ("pending", "pending")
        problem(api.admin.post(f"{path}/accept-unknown"), 409, "run_not_failed")
        execute(services, claim(services))
        done = api.admin.post(f"{path}/accept-unknown").json()
        assert (done["status"], done["error"], done["deliveries"][0]["status"]) == (
            "completed",
            None,
            "accepted",
        )
        problem(api.admin.post(f"{path}/accept-unknown"), 409, "run_not_failed")
        problem(api.admin.post(f"{path}/resend"), 409, "run_not_failed")


class TestBackfill:
    def test_makes_the_runs_and_twice_no_second_one(self, api: Clients) -> None:
        schedule = made(api.admin, schedule="0 9 * * *")
        path = f"{SCHEDULES}/{schedule['id']}"
        days = {"startDate": "2026-03-01", "endDate": "2026-03-03"}
        answer = api.admin.post(f"{path}/backfill", days)
        assert answer.status_code == 202
        body = answer.json()
        assert (body["created"], body["existing"], len(body["historyIds"])) == (3, 0, 3)
        assert api.admin.post(f"{path}/backfill", days).json() == {
            "created": 0,
            "existing": 3,
            "removed": 0,
            "historyIds": [],
        }
        listed = api.viewer.get(f"{path}/history").json()["items"]
        assert [one["id"] for one in reversed(listed)] == body["historyIds"]
        assert {one["trigger"] for one in listed} == {"backfill"}
        mine = {"startDate": "2026-02-27", "endDate": "2026-02-27", "sendTo": "me"}
        (run_id,) = api.admin.post(f"{path}/backfill", mine).json()["historyIds"]
        test = api.viewer.get(f"{path}/history/{run_id}").json()
        assert (test["trigger"], test["scheduledFor"][:10]) == ("test", "2026-02-27")
        silent = days | {"startDate": "2026-02-28", "sendTo": "nobody"}
        (run_id,) = api.admin.post(f"{path}/backfill", silent).json()["historyIds"]
        assert api.viewer.get(f"{path}/history/{run_id}").json()["recipients"] == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"startDate": "2026-03-05", "endDate": "2026-03-06"}, ["/startDate"]),
            ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, ["/endDate"]),
            ({"startDate": "2025-01-01", "endDate": "2026-03-01"}, ["/endDate"]),
            ({"startDate": "2026-03-01"}, ["/endDate"]),
            ({"startDate": "yesterday", "endDate": None}, ["/endDate", "/startDate"]),
            ({"startDate": "2026-03-01", "endDate": "2026-03-01", "force": True}, ["/force"]),
            ({"startDate": "2026-03-01", "endDate": "2026-03-01", "sendTo": "all"}, ["/sendTo"]),
        ],
        ids=["future", "backwards", "too many", "no end", "no days", "unknown field", "to all"],
    )
    def test_days_that_make_no_sense_are_refused_by_field(
        self, api: Clients, body: Any, expected: list[str]
    ) -> None:
        schedule = made(api.admin, schedule="0 9 * * *")
        assert (
            sorted(pointers(api.admin.post(f"{SCHEDULES}/{schedule['id']}/backfill", body)))
            == expected
        )
        assert api.admin.get(f"{SCHEDULES}/{schedule['id']}/history").json()["total"] == 0


def test_the_description_lists_the_policies(api: Clients) -> None:
    shapes = api.anonymous.get("/api/openapi.json").json()["components"]["schemas"]
    for name in ("ScheduleIn", "ScheduleChange", "ScheduleOut"):
        assert set(POLICIES) <= set(shapes[name]["properties"])
    assert {"failures", "pausedAt", "pausedReason"} <= set(shapes["ScheduleOut"]["properties"])
