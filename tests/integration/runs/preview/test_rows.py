"""What a scheduled export would send if it ran now."""

from datetime import date
from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import (
    EXPORT_TYPES,
    FORMATS,
)
from exports_app.services.core.records import Campaign, Metric, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.runs.preview.previews import ALL, BERLIN, drafts, preview
from tests.world import FORMAT_KEYS, make_schedule, registered, trigger_and_execute, uuid_of


@pytest.fixture
def many(services: Services, campaigns: dict[str, Campaign]) -> Campaign:
    """A campaign with three thousand days."""
    spring = campaigns["Spring"]
    first = date(2015, 1, 1).toordinal()
    with services.store.write() as tx:
        tx.campaigns.upsert_metrics(
            [
                Metric(
                    spring.id, date.fromordinal(first + i), 10_000 + i, 100, 10, 123_456, 234_567
                )
                for i in range(3000)
            ]
        )
    return spring


@pytest.mark.usefixtures("campaigns")
def test_the_first_rows_are_shown_as_people_read_them(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    seen = preview(services, admin, acme, Filters(period="last_7_days"))
    assert seen.columns == EXPORT_TYPES["campaigns"].columns()
    rows = [dict(zip((c.key for c in seen.columns), row, strict=True)) for row in seen.rows]
    assert [r["campaign_name"] for r in rows] == ["Quiet", "Spring", "autumn", "Überall"]
    quiet, spring = rows[0], rows[1]
    assert spring == {
        "campaign_id": uuid_of(0xC1),
        "campaign_name": "Spring",
        "channel": "search",
        "status": "active",
        "currency": "EUR",
        "budget": "1,000.00",
        "start_date": "2026-01-01",
        "end_date": "2026-06-30",
        "impressions": "7,021",
        "clicks": "91",
        "conversions": "7",
        "spend": "86.38",
        "revenue": "397.67",
        "ctr": "1.30%",
        "cpc": "0.9492",
        "cpa": "12.34",
        "roas": "4.60",
    }
    assert (quiet["budget"], quiet["start_date"], quiet["spend"], quiet["ctr"]) == (
        "",
        "",
        "0.00",
        "",
    )
    assert (seen.total, seen.window, seen.complete) == (
        4,
        "25 Feb 2026 \N{EN DASH} 3 Mar 2026",
        True,
    )


def test_the_window_is_that_of_a_run_now_in_the_schedules_zone(
    services: Services,
    admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    campaigns: dict[str, Campaign],
) -> None:
    for zone, window in ((BERLIN, "3 Mar 2026"), ("Pacific/Kiritimati", "4 Mar 2026")):
        assert (
            preview(services, admin, acme, Filters(period="yesterday"), timezone=zone).window
            == window
        )
    assert preview(services, admin, acme).window == "all data"


@pytest.mark.parametrize("file_format", FORMAT_KEYS)
@pytest.mark.parametrize("export_type", ["campaign", "campaigns", "aggregate"])
def test_a_preview_tells_what_the_run_then_makes(
    services: Services,
    admin: Principal,
    acme: Tenant,
    many: Campaign,
    export_type: str,
    file_format: str,
) -> None:
    filters = Filters(
        campaign_ids=(many.id,), group_by="month" if export_type == "aggregate" else None
    )
    seen = preview(services, admin, acme, filters, export_type=export_type, file_format=file_format)
    made = make_schedule(
        services, admin, export_type=export_type, format=file_format, filters=filters
    )
    done = trigger_and_execute(services, admin, made)
    assert done.status is RunStatus.COMPLETED
    assert (
        seen.total
        == done.record_count
        == {"campaign": 3007, "campaigns": 1, "aggregate": 101}[export_type]
    )
    assert len(seen.rows) == min(10, seen.total)
    assert seen.size is not None
    assert done.file_size is not None
    if seen.total <= 200:
        assert abs(seen.size - done.file_size) <= 20  # Excel notes the time inside
    else:
        assert 0.7 < seen.size / done.file_size < 1.4
    assert drafts(services) == []


def test_without_data_there_are_columns_and_the_size_of_an_empty_file(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    seen = preview(services, admin, acme)
    header = ",".join(c.key for c in seen.columns) + "\r\n"
    assert (seen.rows, seen.total, seen.size, seen.complete) == ((), 0, len(header), True)


def test_only_who_writes_there_previews(
    services: Services,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
    super_admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    for look in (
        lambda who: preview(services, who, acme),
        lambda who: services.preview.message(
            who, acme.id, "Numbers", "campaigns", "csv", BERLIN, ALL
        ),
    ):
        for who, error in (
            (viewer, Forbidden),
            (outsider, NotFound),
            (Principal(uuid_of(1)), NotFound),
        ):
            with pytest.raises(error):
                look(who)
        assert look(admin)
        assert look(super_admin)
    with pytest.raises(NotFound):
        services.preview.data(super_admin, uuid_of(404), "campaigns", "csv", BERLIN, ALL)


def test_nobody_sees_a_foreign_campaign(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    filters = Filters(campaign_ids=(campaigns["Spring"].id, campaigns["Rival"].id))
    with pytest.raises(Invalid) as e:
        preview(services, admin, acme, filters)
    assert [error.pointer for error in e.value.errors] == ["/filters/campaignIds/1"]
    assert "Rival" not in str(preview(services, admin, acme).rows)


@pytest.mark.parametrize(
    ("other", "filters", "pointers"),
    [
        ({"export_type": "nonsense"}, ALL, ["/exportType"]),
        ({"file_format": "pdf", "timezone": "Mars/Olympus"}, ALL, ["/format", "/timezone"]),
        ({"export_type": "campaign"}, ALL, ["/filters/campaignIds"]),
        ({}, Filters(period="sometime"), ["/filters/period"]),
        ({}, Filters(start_date=date(2026, 2, 1), end_date=date(2026, 1, 1)), ["/filters/endDate"]),
        ({}, Filters(group_by="day"), ["/filters/groupBy"]),
        ({}, Filters(campaign_ids=("nonsense",)), ["/filters/campaignIds/0"]),
        ({}, Filters(campaign_ids=(uuid_of(404),)), ["/filters/campaignIds/0"]),
    ],
)
def test_what_a_save_would_refuse_is_refused_with_the_same_pointers(
    services: Services,
    admin: Principal,
    acme: Tenant,
    other: dict[str, str],
    filters: Filters,
    pointers: list[str],
) -> None:
    with pytest.raises(Invalid) as e:
        preview(services, admin, acme, filters, **other)
    assert [error.pointer for error in e.value.errors] == pointers
    if "timezone" not in other:
        values = {
            "export_type": "campaigns",
            "format": other.get("file_format", "csv"),
            "filters": filters,
        } | other
        with pytest.raises(Invalid) as saved:
            make_schedule(services, admin, **values)
        assert saved.value.errors == e.value.errors


def test_a_format_that_fails_leaves_no_draft_behind(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    class Broken:
        key = "csv"
        label = "Broken"
        mime = "text/plain"
        extension = "txt"

        def write(self, table: object, path: Path) -> None:
            path.write_text("half a file")
            raise RuntimeError

    with registered(FORMATS, Broken()), pytest.raises(RuntimeError):
        preview(services, admin, acme)
    assert drafts(services) == []
