"""The page of feeds without a browser."""

import asyncio

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice
from exports_app.ui.pages.settings.feeds.state import GONE, FeedsState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule


def test_the_addresses_are_shown_once_and_then_in_no_state(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(FeedsState.arrive)
        await tab.do(FeedsState.refresh)
        page = await tab.state(FeedsState)
        assert (page.rows, page.loaded) == ([], True)
        await tab.do(FeedsState.create, {})
        assert (page.error != "", page.calendar) == (True, "")
        await tab.do(FeedsState.create, {"feed-name": "Team calendar"})
        address = page.calendar
        token = address.rpartition("/")[2].removesuffix(".ics")
        assert page.runs == address.removesuffix("ics") + "atom"
        assert services.feed_reading.calendar(token).feed.feed.tenant_id == acme.id
        services.feed_uses.flush()
        await tab.do(FeedsState.refresh)
        (row,) = page.rows
        assert (row.name, row.prefix, row.shows) == (
            "Team calendar",
            f"{token[:8]}…",
            f"all of {acme.name}",
        )
        assert row.used_at
        await tab.do(FeedsState.forget)
        assert token not in repr(page.dict()) + repr(await tab.texts())
        await tab.do(FeedsState.create, {"feed-name": "Mine"})
        assert page.calendar not in {"", address}
        await tab.do(FeedsState.arrive)
        assert (page.calendar, page.runs) == ("", "")

    asyncio.run(play())


def test_a_feed_can_be_limited_to_one_schedule(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        weekly, daily = (make_schedule(services, admin, name=name) for name in ("Weekly", "Daily"))
        await sign_in(admin, acme)
        await tab.do(FeedsState.arrive)
        page, limit = await tab.state(FeedsState), await tab.state(ScheduleChoice)
        await tab.do(ScheduleChoice.opened, True)
        assert [option.name for option in limit.options] == ["Daily", "Weekly"]
        await tab.do(ScheduleChoice.search, "week")
        assert [option.name for option in limit.options] == ["Weekly"]
        await tab.do(ScheduleChoice.toggle, weekly.id)
        await tab.do(ScheduleChoice.search, "")
        await tab.do(ScheduleChoice.toggle, daily.id)  # in place of the first
        assert [option.name for option in limit.chosen] == ["Daily"]
        assert [option.chosen for option in limit.options] == [True, False]
        await tab.do(ScheduleChoice.clear)
        assert limit.chosen == []
        await tab.do(ScheduleChoice.toggle, weekly.id)
        await tab.do(FeedsState.create, {"feed-name": "Mine"})
        assert (page.rows[0].shows, limit.chosen) == ("only Weekly", [])
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, weekly.id)
        services.schedules.delete(admin, weekly.id)
        await tab.do(FeedsState.create, {"feed-name": "Late"})
        assert (page.error, page.schedule_error) == ("", GONE)
        await tab.do(FeedsState.refresh)
        assert [row.shows for row in page.rows] == ["only a deleted scheduled export"]

    asyncio.run(play())


def test_revoking_asks_first(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(FeedsState.arrive)
        page = await tab.state(FeedsState)
        await tab.do(FeedsState.create, {"feed-name": "Mine"})
        (row,) = page.rows
        await tab.do(FeedsState.revoke)
        await tab.do(FeedsState.ask, row.id)
        assert page.ask_name == "Mine"
        await tab.do(FeedsState.keep)
        await tab.do(FeedsState.revoke)
        assert len(services.feeds.find(admin)) == 1
        await tab.do(FeedsState.ask, row.id)
        await tab.do(FeedsState.revoke)
        assert (page.rows, page.calendar, services.feeds.find(admin)) == ([], "", [])

    asyncio.run(play())


def test_a_feed_of_another_cannot_be_revoked(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    viewer: Principal,
    acme: Tenant,
) -> None:
    async def play() -> None:
        known, _ = services.feeds.create(admin, "Mine", acme.id)
        await sign_in(viewer, acme)
        await tab.do(FeedsState.arrive)
        await tab.do(FeedsState.ask, known.feed.id)
        page = await tab.state(FeedsState)
        assert page.asking == ""
        await tab.do(FeedsState.refresh)
        assert page.rows == []

    asyncio.run(play())
