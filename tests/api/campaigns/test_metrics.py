"""Campaigns' metrics over HTTP."""

from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, MARKER, pointers
from tests.api.conftest import Clients


def day(number: int) -> str:
    return f"{2000 + number // 336:04}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


class TestMetrics:
    @pytest.fixture
    def path(self, campaign: dict[str, Any]) -> str:
        return f"{CAMPAIGNS}/{campaign['id']}/metrics"

    def stored(self, services: Services) -> list[tuple[Any, ...]]:
        with services.database.read() as connection:
            query = (
                "SELECT date, impressions, clicks, conversions, spend, revenue "
                "FROM campaign_metrics ORDER BY date"
            )
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def test_days_are_written_and_changed_in_what_is_sent(
        self, api: Clients, services: Services, path: str
    ) -> None:
        first = {
            "date": "2026-03-01",
            "impressions": 1000,
            "clicks": 10,
            "conversions": 1,
            "spend": 12.34,
            "revenue": "56.70",
        }
        answer = api.admin.post(path, {"items": [first, {"date": "2026-03-02"}]})
        assert (answer.status_code, answer.json()) == (200, {"written": 2})
        assert api.admin.post(path, {"items": [{"date": "2026-03-01", "clicks": 7}]}).json() == {
            "written": 1
        }
        assert self.stored(services) == [
            ("2026-03-01", 1000, 7, 1, 1234, 5670),
            ("2026-03-02", 0, 0, 0, 0, 0),
        ]
        api.admin.post(path, {"items": [{"date": "2026-03-01"}]})
        assert self.stored(services)[0] == ("2026-03-01", 1000, 7, 1, 1234, 5670)
        api.admin.post(path, {"items": [first]})
        assert self.stored(services)[0] == ("2026-03-01", 1000, 10, 1, 1234, 5670)
        assert api.admin.post(path, {"items": []}).json() == {"written": 0}

    def test_days_that_send_different_fields_go_together(
        self, api: Clients, services: Services, path: str
    ) -> None:
        whole = {"impressions": 1, "clicks": 2, "conversions": 3, "spend": 4, "revenue": 5}
        days = ["2026-03-01", "2026-03-02", "2026-03-03"]
        api.admin.post(path, {"items": [{"date": day, **whole} for day in days]})
        parts = [{"clicks": 0}, {"spend": 0, "revenue": 6}, {}]
        items = [{"date": day, **part} for day, part in zip(days, parts, strict=True)]
        assert api.admin.post(path, {"items": items}).json() == {"written": 3}
        assert self.stored(services) == [
            ("2026-03-01", 1, 0, 3, 400, 500),
            ("2026-03-02", 1, 2, 3, 0, 600),
            ("2026-03-03", 1, 2, 3, 400, 500),
        ]

    def test_the_document_shows_no_defaults_that_a_client_would_send(self, api: Clients) -> None:
        schemas = api.admin.get("/api/openapi.json").json()["components"]["schemas"]
        fields = schemas["MetricIn"]["properties"]
        assert [name for name, field in fields.items() if "default" in field] == []
        assert schemas["MetricIn"]["required"] == ["date"]

    def test_ten_thousand_days_go_at_once_and_not_one_more(
        self, api: Clients, services: Services, path: str
    ) -> None:
        items = [{"date": day(i), "clicks": i} for i in range(10_001)]
        assert pointers(api.admin.post(path, {"items": items})) == ["/items"]
        assert self.stored(services) == []
        assert api.admin.post(path, {"items": items[:-1]}).json() == {"written": 10_000}
        assert [row[2] for row in self.stored(services)] == list(range(10_000))

    @pytest.mark.parametrize(
        ("item", "wrong"),
        [
            ({"date": None}, "/date"),
            ({"date": "2026-02-30"}, "/date"),
            ({"date": "2026-03-01T00:00:00"}, "/date"),
            ({"clicks": -1}, "/clicks"),
            ({"clicks": 1.5}, "/clicks"),
            ({"clicks": "1"}, "/clicks"),
            ({"clicks": None}, "/clicks"),
            ({"impressions": 10**12 + 1}, "/impressions"),
            ({"conversions": 10**400}, "/conversions"),
            ({"spend": 0.001}, "/spend"),
            ({"spend": -1}, "/spend"),
            ({"revenue": 1e12}, "/revenue"),
            ({"revenue": MARKER}, "/revenue"),
            ({"ctr": MARKER}, "/ctr"),
        ],
    )
    def test_one_bad_day_stops_all_and_is_named(
        self, api: Clients, services: Services, path: str, item: dict[str, Any], wrong: str
    ) -> None:
        answer = api.admin.post(
            path, {"items": [{"date": "2026-03-01"}, {"date": "2026-03-02"} | item]}
        )
        assert pointers(answer) == [f"/items/1{wrong}"]
        assert MARKER not in answer.text
        assert self.stored(services) == []

    def test_a_day_stands_once_in_a_list(self, api: Clients, services: Services, path: str) -> None:
        items = [
            {"date": "2026-03-01"},
            {"date": "2026-03-02"},
            {"date": "2026-03-01", "clicks": 5},
        ]
        assert pointers(api.admin.post(path, {"items": items})) == ["/items/2/date"]
        assert self.stored(services) == []

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, "/items"),
            ({"items": {}}, "/items"),
            ({"items": [1]}, "/items/0"),
            ({"items": None}, "/items"),
        ],
    )
    def test_needs_a_list_of_days(self, api: Clients, path: str, body: Any, wrong: str) -> None:
        assert pointers(api.admin.post(path, body)) == [wrong]

    def test_thousands_of_mistakes_are_told_in_a_short_answer(
        self, api: Clients, path: str
    ) -> None:
        for items in ([{"date": "x"}] * 10_000, [{"date": "2026-03-01"}] * 10_000):
            assert len(pointers(api.admin.post(path, {"items": items}))) <= 100
