"""Back and Forward among the views of the list."""

import asyncio

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands, Step
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import SIZE, ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load

LISTED = "/scheduled-exports"


def test_each_change_of_the_view_is_a_step_and_typing_on_is_none(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        commands = await tab.state(BrowserCommands)
        for change, values, way in (
            (ListState.turn, (1,), Step.NEXT),
            (ListState.order, ("name",), Step.NEXT),
            (ListState.search, ("r",), Step.NEXT),
            (ListState.search, ("re",), Step.SAME),
            (ListState.narrow, ("format", "json"), Step.NEXT),
            (ListState.search, ("",), Step.NEXT),
            (ListState.clear, (), Step.NEXT),
            (HistoryState.show, (many[0].id,), Step.NEXT),
            (HistoryState.close, (), Step.BACK),
        ):
            await tab.do(change, *values)
            assert commands.way == way, change

    asyncio.run(play())


def test_a_step_shows_the_view_of_its_address(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(ListState.narrow, "format", "json")
        await tab.do(Selection.pick_page, True)
        await tab.do(ScheduledExports.step, f"{LISTED}?page=2&sort=name")
        assert (listed.filters, listed.sort, listed.page) == ({}, "name", 2)
        assert [row.name for row in listed.rows] == [one.name for one in many[SIZE:]]
        assert (await tab.state(Selection)).chosen() == {}
        await tab.do(ScheduledExports.step, f"{LISTED}?q=report+007&sort=secret&page=x")
        assert [row.name for row in listed.rows] == ["Report 007"]
        # The address bar shows it already. The same change as before must write it again
        assert (await tab.state(BrowserCommands)).address == ""
        tab.root.router_data = {"asPath": f"{LISTED}?q=report+007&sort=secret&page=x"}
        assert not await listed.arrive(acme.id), "a reconnect goes on with it"

    asyncio.run(play())


def test_a_step_opens_and_closes_the_history(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        history = await tab.state(HistoryState)
        await tab.do(ScheduledExports.step, f"{LISTED}/{many[3].id}?format=csv")
        assert (history.schedule_id, history.name) == (many[3].id, "Report 003")
        assert {row.format for row in listed.rows} == {"CSV"}
        await tab.do(Selection.pick_page, True)
        await tab.do(ScheduledExports.step, f"{LISTED}?format=csv")
        assert history.schedule_id == ""
        assert (await tab.state(Selection)).here, "the view behind the history is the same"
        await tab.do(ScheduledExports.step, f"{LISTED}/nonsense")
        assert history.gone

    asyncio.run(play())
