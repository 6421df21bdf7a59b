"""The page about the exports."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from exports_app.domain.access import Principal
from exports_app.services.analytics.exports import Hour
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.analytics.exports import rows as health
from exports_app.ui.pages.analytics.exports.state import ExportsState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, pause, trigger_and_execute


def test_how_the_exports_do(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    hourly = make_schedule(services, admin, name="Hourly", schedule="0 * * * *")
    trigger_and_execute(services, admin, hourly)
    services.schedules.trigger(admin, hourly.id)
    make_schedule(services, admin, name="By hand", is_active=False)
    pause(services, make_schedule(services, admin, name="Tired"), "5 runs failed in a row")
    with services.store.write() as tx:
        tx.schedules.change(hourly.id, {"failures": 3, "failing_since": services.clock()})

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(ExportsState)
        await tab.do(ExportsState.refresh)
        assert (page.processing, page.waiting, page.later, page.zone) == (0, 1, 0, "Berlin")
        assert page.oldest == "2026-03-04T10:30:00+00:00"
        assert (page.mean, page.p95) == ("0.0 s", "0.0 s")
        assert page.ended == "2 runs in the last 30 days: 1 completed, 1 in progress"
        assert page.failed_runs == "/runs?status=failed&since=2026-02-03&until=2026-03-04"
        assert page.all_runs == "/runs?since=2026-02-03&until=2026-03-04"
        assert page.runs[-1] == {
            "label": "4 Mar",
            "completed": 1,
            "partial": 0,
            "skipped": 0,
            "cancelled": 0,
            "under_way": 1,
            "failed": 0,
        }
        assert page.run_rows[-1] == ["4 Mar", "1", "", "", "", "1", ""]
        assert page.time_rows[-1] == ["4 Mar", "1", "0.0 s", "0.0 s"]
        assert page.times[0] == {"label": "3 Feb"}
        assert page.crowd == "24 runs, up to 1 in an hour, from 12:00: Hourly"
        assert page.hours[1] == {"label": "12:00", "runs": 1}
        assert [hour["label"] for hour in page.hours][12:14] == ["23:00", "Thu 00:00"]
        assert len({hour["label"] for hour in page.hours}) == 25
        assert page.hour_rows[1] == ["4 Mar, 12:00 CET", "1", "Hourly"]
        assert [(one.name, one.reason) for one in page.failing] == [
            ("Hourly", "3 scheduled runs failed in a row")
        ]
        assert [(one.name, one.reason) for one in page.paused] == [
            ("Tired", "5 runs failed in a row"),
            ("By hand", "paused manually"),
        ]
        assert (page.failing_total, page.paused_total, page.ownerless_total) == (1, 2, 0)
        day = await tab.do(ExportsState.pick, "4 Mar")
        assert "/runs?since=2026-03-04&until=2026-03-04" in str(day)
        assert await tab.do(ExportsState.pick, "nonsense") is None
        assert page.ran
        assert page.timed
        assert page.comes

    asyncio.run(play())


def test_where_nothing_ran_there_is_nothing_to_draw(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(ExportsState)
        await tab.do(ExportsState.refresh)
        assert page.loaded
        assert (page.ran, page.timed, page.comes) == (False, False, False)

    asyncio.run(play())


def test_hours_that_a_changed_clock_repeats_are_told_apart() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = [
        Hour(datetime(2026, 10, 24, 20, tzinfo=UTC) + timedelta(hours=i), i, 1, ("A",))
        for i in range(25)
    ]
    labels = [point["label"] for point in health.hour_points(hours, zone)]
    assert labels[:6] == [
        "22:00",
        "23:00",
        "Sun 00:00",
        "Sun 01:00",
        "Sun 02:00",
        "Sun 02:00 (+0100)",
    ]
    assert len(set(labels)) == 25
