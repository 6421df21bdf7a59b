"""The figures over the API: as in the files, to the cent."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exports_app.services.analytics.campaign_totals import MEASURES
from exports_app.services.core.records import Campaign
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.api.client import Api, pointers
from tests.api.conftest import Clients
from tests.world import Cast, make_schedule, pause, trigger_and_execute


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/api/tenants/{cast.acme.id}/analytics"


def figures(api: Api, base: str, **query: str) -> dict[str, Any]:
    answer = api.get(f"{base}/campaigns", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def file_rows(services: Services, cast: Cast, **changes: Any) -> list[dict[str, str]]:
    """Of an export that runs now."""
    run = trigger_and_execute(
        services, cast.admin.who, make_schedule(services, cast.admin.who, **changes)
    )
    path = services.files.find(run.file_key or "")
    assert path is not None
    with Path(path).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def same(row: dict[str, str], shown: dict[str, Any]) -> None:
    for key in MEASURES:
        assert (Decimal(row[key]) if row[key] else None) == (
            None if shown[key] is None else Decimal(str(shown[key]))
        ), key


@pytest.mark.parametrize("group", ["day", "week", "month"])
def test_the_points_are_the_rows_of_the_file(
    services: Services,
    api: Clients,
    cast: Cast,
    campaigns: dict[str, Campaign],
    base: str,
    group: str,
) -> None:
    found = figures(api.viewer, base, period="last_7_days", groupBy=group)
    rows = file_rows(
        services, cast, export_type="aggregate", filters=_filters("last_7_days", group)
    )
    assert [(r["period"], r["currency"], int(r["campaigns"])) for r in rows] == [
        (p["period"], p["currency"], p["campaigns"]) for p in found["points"]
    ]
    for row, point in zip(rows, found["points"], strict=True):
        same(row, point)


def test_the_totals_and_the_campaigns_are_those_of_the_file(
    services: Services, api: Clients, cast: Cast, campaigns: dict[str, Campaign], base: str
) -> None:
    rows = file_rows(services, cast, export_type="campaigns", filters=_filters("last_7_days"))
    for currency in ("EUR", "USD"):
        found = figures(api.admin, base, period="last_7_days", currency=currency)
        of_it = [row for row in rows if row["currency"] == currency]
        assert {one["name"] for one in found["campaigns"]["items"]} == {
            row["campaign_name"] for row in of_it
        }
        for one in found["campaigns"]["items"]:
            same(next(row for row in of_it if row["campaign_id"] == one["id"]), one)
        total = next(one for one in found["totals"] if one["currency"] == currency)
        for key in ("impressions", "clicks", "conversions", "spend", "revenue"):
            assert Decimal(str(total[key])) == sum(Decimal(row[key]) for row in of_it)


def _filters(period: str, group_by: str | None = None) -> Any:
    return Filters(period=period, group_by=group_by)


def test_thirty_days_are_shown_where_nothing_is_asked_for(
    api: Clients, campaigns: dict[str, Campaign], base: str
) -> None:
    found = figures(api.viewer, base)
    assert found["window"] == {"startDate": "2026-02-02", "endDate": "2026-03-03"}
    assert found["before"] == {"startDate": "2026-01-03", "endDate": "2026-02-01"}
    assert (found["groupBy"], found["timezone"]) == ("day", "Europe/Berlin")
    dated = figures(api.viewer, base, startDate="2026-03-01")
    assert (dated["window"], dated["before"]) == (
        {"startDate": "2026-03-01", "endDate": None},
        None,
    )
    assert dated["totals"][0]["change"] == dict.fromkeys(MEASURES)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"period": "someday"}, "/period"),
        ({"period": "today", "startDate": "2026-03-01"}, "/period"),
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "/endDate"),
        ({"startDate": "yesterday"}, "/startDate"),
        ({"groupBy": "hour"}, "/groupBy"),
        ({"sort": "budget"}, "/sort"),
        ({"currency": "eur"}, "/currency"),
        ({"top": "0"}, "/top"),
        ({"top": "1000"}, "/top"),
    ],
)
def test_a_wrong_query_is_refused_by_its_part(
    api: Clients, base: str, query: dict[str, str], pointer: str
) -> None:
    assert pointers(api.viewer.get(f"{base}/campaigns", params=query)) == [pointer]


def test_how_the_exports_do(
    services: Services, api: Clients, cast: Cast, campaigns: dict[str, Campaign], base: str
) -> None:
    schedule = make_schedule(services, cast.admin.who, name="Hourly", schedule="0 * * * *")
    trigger_and_execute(services, cast.admin.who, schedule)
    services.schedules.trigger(cast.admin.who, schedule.id)
    pause(services, make_schedule(services, cast.admin.who, name="Tired"), "5 runs failed in a row")
    found = api.viewer.get(f"{base}/exports").json()
    assert len(found["days"]) == 30
    assert found["days"][-1]["date"] == "2026-03-04"
    assert found["days"][-1]["runs"] == {"completed": 1, "pending": 1}
    assert found["seconds"] == {"count": 1, "mean": 0.0, "p95": 0.0}
    assert found["days"][0] == {"date": "2026-02-03", "runs": {}, "seconds": None}
    assert [one["runs"] for one in found["hours"]] == [0] + [1] * 24
    assert found["hours"][1] == {
        "at": "2026-03-04T11:00:00Z",
        "runs": 1,
        "schedules": 1,
        "names": ["Hourly"],
    }
    assert (found["queue"]["waiting"], found["queue"]["oldest"]) == (1, "2026-03-04T10:30:00Z")
    assert [(one["name"], one["pausedReason"]) for one in found["paused"]["items"]] == [
        ("Tired", "5 runs failed in a row")
    ]
    assert (found["failing"]["total"], found["ownerless"]["total"]) == (0, 0)
    assert "ann@example.com" not in api.viewer.get(f"{base}/exports").text


def test_the_figures_can_be_limited_to_a_channel_and_to_what_a_search_finds(
    api: Clients, campaigns: dict[str, Campaign], base: str
) -> None:
    found = figures(api.viewer, base, period="last_7_days", q="spring")
    assert [one["name"] for one in found["campaigns"]["items"]] == ["Spring"]
    assert [total["currency"] for total in found["totals"]] == ["EUR"]
    nothing = figures(api.viewer, base, channel="no such channel")
    assert (nothing["totals"], nothing["campaigns"]["items"]) == ([], [])
    refused = api.viewer.get(f"{base}/campaigns", params={"q": "x" * 201})
    assert (refused.status_code, pointers(refused)) == (422, ["/q"])
