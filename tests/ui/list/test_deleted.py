"""The list of deleted scheduled exports."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.deleted import DeletedState
from exports_app.ui.pages.scheduled_exports.list.state import SIZE, ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import Cast, make_schedule


def test_it_says_who_deleted_what_until_when_and_restores_it(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    clock: FakeClock,
) -> None:
    made = make_schedule(services, admin, name="Weekly")
    asleep = make_schedule(services, admin, name="Asleep", is_active=False)
    for schedule in (made, asleep):
        clock.advance(hours=1)
        services.schedules.delete(super_admin, schedule.id)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        deleted = await tab.state(DeletedState)
        assert (listed.all_total, deleted.kept) == (0, 2)
        await tab.do(ListState.narrow, "active", "deleted")
        assert [(row.name, row.was) for row in deleted.rows] == [
            ("Asleep", "Paused"),
            ("Weekly", "Active"),
        ]
        first = deleted.rows[0]
        assert first.who != "a deleted user"
        assert (first.at[:10], first.until[:10]) == ("2026-03-04", "2026-04-03")
        assert (listed.total, listed.rows, listed.found) == (2, [], "2 results")
        address = (await tab.state(BrowserCommands)).address
        assert address == "/scheduled-exports?active=deleted"
        await tab.do(ScheduleActions.restore, made.id)
        assert (await tab.texts())[-1] == "“Weekly” restored, and active as before"
        assert [row.name for row in deleted.rows] == ["Asleep"]
        await tab.do(ListState.clear)
        assert [row.name for row in listed.rows] == ["Weekly"]

    asyncio.run(play())


def test_restoring_says_why_it_is_paused(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, cast: Cast
) -> None:
    leaving = cast.viewer.user
    alone = make_schedule(services, admin, name="Weekly", recipients=(leaving.email,))
    asleep = make_schedule(services, admin, name="Asleep", is_active=False)
    for schedule in (alone, asleep):
        services.schedules.delete(admin, schedule.id)
    services.members.remove(admin, acme.id, leaving.id, drop_recipient=True)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.restore, alone.id)
        assert "its recipients have been removed" in (await tab.texts())[-1]
        await tab.do(ScheduleActions.restore, asleep.id)
        assert (await tab.texts())[-1] == "“Asleep” restored. It is paused"

    asyncio.run(play())


@pytest.mark.parametrize("handler", ["search", "narrow"])
def test_a_search_or_another_filter_leads_back_to_the_others(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, handler: str
) -> None:
    make_schedule(services, admin, name="Weekly", format="csv")

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(ListState.narrow, "format", "json")
        await tab.do(ListState.narrow, "active", "deleted")
        assert (listed.filters, listed.rows) == ({"active": "deleted"}, [])
        if handler == "search":
            await tab.do(ListState.search, "week")
        else:
            await tab.do(ListState.narrow, "format", "csv")
        assert listed.filters == ({} if handler == "search" else {"format": "csv"})
        assert [row.name for row in listed.rows] == ["Weekly"]

    asyncio.run(play())


def test_its_address_shows_a_viewer_nothing(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, cast: Cast, acme: Tenant
) -> None:
    services.schedules.delete(admin, make_schedule(services, admin).id)

    async def play() -> None:
        tab.root.router_data = {"asPath": "/scheduled-exports?active=deleted&q=x"}
        await sign_in(cast.viewer.who, acme)
        await tab.do(ScheduledExports.arrive)
        await tab.do(ScheduledExports.refresh)
        listed, deleted = await tab.state(ListState), await tab.state(DeletedState)
        assert (listed.q, listed.filters) == ("", {"active": "deleted"})
        assert (listed.failed, deleted.rows) == ("You do not have permission to do this", [])

    asyncio.run(play())


def test_a_page_that_was_emptied_shows_the_one_before(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    made = [make_schedule(services, admin, name=f"No. {i}") for i in range(SIZE + 1)]
    for schedule in made:
        clock.advance(minutes=1)
        services.schedules.delete(admin, schedule.id)

    async def play() -> None:
        tab.root.router_data = {"asPath": "/scheduled-exports?active=deleted&page=2"}
        await sign_in(admin, acme)
        await tab.do(ScheduledExports.arrive)
        await tab.do(ScheduledExports.refresh)
        listed, deleted = await tab.state(ListState), await tab.state(DeletedState)
        assert [row.name for row in deleted.rows] == ["No. 0"]
        await tab.do(ScheduleActions.restore, made[0].id)
        assert (listed.page, listed.total, len(deleted.rows)) == (1, SIZE, SIZE)

    asyncio.run(play())


def test_a_beginner_and_a_viewer_have_none_to_restore(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast
) -> None:
    async def play() -> None:
        await load(tab, sign_in, cast.admin.who, cast.acme)
        deleted = await tab.state(DeletedState)
        assert deleted.kept == 0
        made = make_schedule(services, cast.admin.who)
        services.schedules.delete(cast.admin.who, made.id)
        await tab.do(ScheduledExports.refresh)
        assert deleted.kept == 1
        await load(tab, sign_in, cast.viewer.who, cast.acme)
        assert deleted.kept == 0

    asyncio.run(play())
