"""validate-cron: what the dialog shows and the engine will do. The cases are those of
tests/cron_cases.json."""

import json
from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.client import SCHEDULES, pointers
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.paths import CRON_CASES

PATH = f"{SCHEDULES}/validate-cron"
CASES: dict[str, list[dict[str, Any]]] = json.loads(CRON_CASES.read_text(encoding="utf-8"))
KEYS = {"valid", "expression", "message", "description", "nextRuns"}


def each(kind: str) -> Any:
    return pytest.mark.parametrize(
        "case", CASES[kind], ids=lambda c: f"{c['expression']} ({c['why']})"
    )


def ask(api: Clients, **body: Any) -> dict[str, Any]:
    answer = api.viewer.post(PATH, body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert set(told) == KEYS
    assert told["expression"] == body["expression"]
    return told


class TestValidateCron:
    @each("valid")
    def test_tells_when_it_runs(self, api: Clients, case: dict[str, Any]) -> None:
        told = ask(
            api,
            expression=case["expression"],
            timezone=case["timezone"],
            after=case["after"],
            count=len(case["next"]),
        )
        assert told["nextRuns"] == case["next"]
        assert (told["valid"], told["message"]) == (True, "Valid cron expression")
        assert told["description"]

    @each("same")
    def test_reads_other_spellings_as_what_they_mean(
        self, api: Clients, case: dict[str, Any]
    ) -> None:
        told, same = (
            ask(api, expression=e, timezone="UTC", count=20)
            for e in (case["expression"], case["sameAs"])
        )
        assert told["valid"] is same["valid"] is True
        assert told["nextRuns"] == same["nextRuns"]

    @each("invalid")
    def test_an_invalid_expression_is_an_answer(self, api: Clients, case: dict[str, Any]) -> None:
        told = ask(api, expression=case["expression"])
        assert (told["valid"], told["description"], told["nextRuns"]) == (False, None, [])
        assert told["message"] != "Valid cron expression"
        assert told["message"]

    @pytest.mark.parametrize(
        "expression",
        ["x" * 201, "x" * 10_000, "\0", "🚀 * * * *", "9" * 5000, "* * * * *\n* * * * *"],
    )
    def test_whatever_the_text_it_is_an_answer(self, api: Clients, expression: str) -> None:
        told = ask(api, expression=expression)
        assert told["valid"] is False
        assert len(told["message"]) < 500

    def test_counts_five_runs_from_now_in_the_servers_zone(
        self, api: Clients, clock: FakeClock
    ) -> None:
        assert ask(api, expression="30 10 * * *")["nextRuns"] == [
            f"2026-03-{day:02}T10:30:00Z" for day in range(5, 10)
        ]
        clock.advance(seconds=-1)
        assert ask(api, expression="30 10 * * *")["nextRuns"][0] == "2026-03-04T10:30:00Z"

    @pytest.mark.parametrize(("count", "runs"), [(1, 1), (50, 50)])
    def test_counts_as_many_as_asked(self, api: Clients, count: int, runs: int) -> None:
        assert len(ask(api, expression="* * * * *", count=count)["nextRuns"]) == runs

    def test_after_is_an_instant_of_any_zone(self, api: Clients) -> None:
        told = ask(
            api, expression="0 9 * * *", timezone="UTC", after="2026-01-01T10:00:00+02:00", count=1
        )
        assert told["nextRuns"] == ["2026-01-01T09:00:00Z"]

    @pytest.mark.parametrize(
        "after",
        [
            "0001-01-01T00:00:00Z",
            "0001-01-03T00:00:00Z",
            "1900-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:00:00Z",
        ],
    )
    @pytest.mark.parametrize(
        "zone", ["UTC", "Pacific/Kiritimati", "America/New_York", "Pacific/Niue"]
    )
    def test_the_ends_of_the_calendar_are_no_trouble(
        self, api: Clients, after: str, zone: str
    ) -> None:
        told = ask(api, expression="0 9 * * *", timezone=zone, after=after, count=3)
        assert told["valid"] is True
        assert len(told["nextRuns"]) == (0 if after.startswith("9999") else 3)

    @pytest.mark.parametrize(
        ("changes", "wrong"),
        [
            ({"count": 0}, "/count"),
            ({"count": 51}, "/count"),
            ({"count": 2.5}, "/count"),
            ({"count": "5"}, "/count"),
            ({"count": True}, "/count"),
            ({"count": None}, "/count"),
            ({"count": 10**40}, "/count"),
            ({"timezone": "marker"}, "/timezone"),
            ({"timezone": ""}, "/timezone"),
            ({"timezone": "../UTC"}, "/timezone"),
            ({"timezone": "localtime"}, "/timezone"),
            ({"timezone": 1}, "/timezone"),
            ({"after": "2026-01-01T00:00:00"}, "/after"),
            ({"after": "2026-01-01"}, "/after"),
            ({"after": "marker"}, "/after"),
            ({"after": 1767225600}, "/after"),
            ({"after": "0001-01-01T00:00:00+23:59"}, "/after"),
            ({"after": "9999-12-31T23:59:59-23:59"}, "/after"),
            ({"expression": None}, "/expression"),
            ({"expression": 5}, "/expression"),
            ({"zone": "marker"}, "/zone"),
        ],
    )
    def test_refuses_what_is_no_question(
        self, api: Clients, changes: dict[str, Any], wrong: str
    ) -> None:
        answer = api.viewer.post(PATH, {"expression": "0 9 * * 1"} | changes)
        assert pointers(answer) == [wrong]
        assert "marker" not in answer.text

    def test_needs_an_expression(self, api: Clients) -> None:
        assert pointers(api.viewer.post(PATH, {})) == ["/expression"]

    def test_writes_nothing(self, api: Clients, services: Services) -> None:
        ask(api, expression="0 9 * * 1")
        assert api.super_admin.get(SCHEDULES).json()["total"] == 0
