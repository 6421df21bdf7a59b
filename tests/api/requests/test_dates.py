"""Dates and instants are read as ISO 8601 writes them, and no other way."""

from typing import Any

import pytest

from tests.api.client import pointers, schedule_body
from tests.api.conftest import Clients

NO_DAYS = [
    "1767225600",
    "20260101",
    "2026-W01-1",
    "2026-1-1",
    "2026-02-30",
    "2026-01-01T00:00:00",
    "٢٠٢٦-٠١-٠١",
    "",
    20260101,
    True,
]


@pytest.mark.parametrize("written", NO_DAYS)
def test_a_day_is_four_two_and_two_digits(
    api: Clients, campaign: dict[str, Any], written: Any
) -> None:
    body = schedule_body(filters={"startDate": written})
    assert pointers(api.admin.post("/api/scheduled-exports", body)) == ["/filters/startDate"]
    assert pointers(api.admin.put(f"/api/campaigns/{campaign['id']}", {"endDate": written})) == [
        "/endDate"
    ]
    metrics = {"items": [{"date": written}]}
    assert pointers(api.admin.post(f"/api/campaigns/{campaign['id']}/metrics", metrics)) == [
        "/items/0/date"
    ]


@pytest.mark.parametrize(
    "written",
    ["1767225600", "2026-01-01", "2026-01-01T09:00:00", "2026-13-01T09:00:00Z", 1767225600, "now"],
)
def test_an_instant_has_a_date_a_time_and_a_zone(api: Clients, written: Any) -> None:
    body = {"expression": "0 9 * * *", "after": written}
    assert pointers(api.admin.post("/api/scheduled-exports/validate-cron", body)) == ["/after"]


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_exists_in_utc(api: Clients, written: str) -> None:
    body = {"name": "key", "scopes": ["exports.read"], "expiresAt": written}
    assert pointers(api.admin.post("/api/account/keys", body)) == ["/expiresAt"]
    for path, name in (("/api/runs", "endedAfter"), ("/api/audit", "since")):
        assert pointers(api.admin.get(path, params={name: written})) == [f"/{name}"]
