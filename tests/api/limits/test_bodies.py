"""What surrounds a body, and JSON that takes long to read."""

import json
from typing import Any

import pytest

from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.limits.allowance import SECONDS
from tests.inputs import cpu


class TestWhatSurroundsTheBody:
    def test_an_address_that_is_too_long_is_refused(self, api: Clients) -> None:
        problem(api.admin.get(SCHEDULES, params={"q": "x" * 17_000}), 414, "address_too_long")

    @pytest.mark.parametrize(
        "text", ["x" * 20_000, "." * 20_000, "[" * 20_000 + ".x.x", "eyJ" + "9" * 20_000 + ".e30.x"]
    )
    def test_a_token_that_is_too_long_is_no_token(self, api: Clients, text: str) -> None:
        with cpu() as spent:
            answer = api.anonymous.using(text).get(SCHEDULES)
        problem(answer, 401)
        assert spent.seconds < SECONDS

    def test_a_long_request_id_is_replaced(self, api: Clients) -> None:
        answer = api.admin.get(SCHEDULES, headers={"X-Request-ID": "a" * 20_000})
        assert len(answer.headers["x-request-id"]) == 32

    @pytest.mark.parametrize("length", ["9" * 5_000, "9" * 30_000, "²"])
    def test_a_length_that_is_no_number_of_bytes_is_not_counted_on(
        self, api: Clients, length: str
    ) -> None:
        headers = {"Content-Length": length.encode()}
        answer = api.admin.request(
            "POST", f"{SCHEDULES}/validate-cron", content=b"{}", headers=headers
        )
        assert answer.status_code in {413, 422}

    @pytest.mark.parametrize("code", ["x" * 10_000, "%" * 300, "\u0301" * 1_000])
    def test_a_long_one_time_code_is_no_code(self, api: Clients, code: str) -> None:
        with cpu() as spent:
            answer = api.anonymous.get(f"/api/session/{code}", headers={"Cookie": "a=b; " * 2_000})
        assert answer.status_code == 303
        assert spent.seconds < SECONDS


class TestJson:
    @pytest.mark.parametrize(
        "content",
        [
            b'{"expression": "* * * * *", "expression": "0 9 * * *"}',
            b'{"expression": "* * * * *", "count": NaN}',
            b'{"expression": "* * * * *", "count": Infinity}',
            b'{"expression": "* * * * *", "count": 1e400}',
            b'{"expression": "* * * * *", "count": ' + b"9" * 60_000 + b"}",
            b'{"expression": ' + b"[" * 60_000 + b"}",
            b'{"expression": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        ],
        ids=[
            "a name twice",
            "NaN",
            "Infinity",
            "an overflow",
            "digits",
            "lists in lists",
            "objects in objects",
        ],
    )
    def test_what_readers_take_differently_or_never_end_is_refused_at_once(
        self, api: Clients, content: bytes
    ) -> None:
        with cpu() as spent:
            answer = api.admin.request("POST", f"{SCHEDULES}/validate-cron", content=content)
        problem(answer, 422, "invalid")
        assert spent.seconds < SECONDS

    def test_a_name_twice_is_told_below_too(self, api: Clients) -> None:
        content = (
            json.dumps(schedule_body()).encode()[:-1]
            + b', "filters": {"period": "all", "period": "today"}}'
        )
        answer = api.admin.request("POST", SCHEDULES, content=content)
        assert problem(answer, 422)["errors"][0]["pointer"] == "/period"

    def test_ten_thousand_days_are_taken(self, api: Clients, campaign: dict[str, Any]) -> None:
        from datetime import date, timedelta

        days = [
            {"date": str(date(1990, 1, 1) + timedelta(days=i)), "spend": "12345678901.25"}
            for i in range(10_000)
        ]
        answer = api.admin.post(f"/api/campaigns/{campaign['id']}/metrics", {"items": days})
        assert answer.json() == {"written": 10_000}
