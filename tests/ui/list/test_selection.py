"""What is selected in the list."""

import asyncio

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import SIZE, ListState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import make_schedule


def test_rows_of_the_page_are_selected_one_by_one_and_all(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        await tab.do(Selection.pick, listed.rows[0].id, True)
        await tab.do(Selection.pick, "somewhere else", True)
        assert (selection.here, selection.count) == ([listed.rows[0].id], 1)
        await tab.do(Selection.pick_page, True)
        assert selection.here == [row.id for row in listed.rows]
        await tab.do(Selection.pick_page, False)
        assert (selection.here, selection.count) == ([], 0)

    asyncio.run(play())
    assert many


def test_a_range_goes_from_the_last_row_in_either_direction(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection, ids = await tab.state(Selection), [row.id for row in listed.rows]
        await tab.do(Selection.pick, ids[3], True, True)
        assert selection.here == [ids[3]], "there is no last row yet"
        await tab.do(Selection.pick, ids[6], True, True)
        assert selection.here == ids[3:7]
        await tab.do(Selection.pick, ids[1], True, True)
        assert selection.here == ids[1:7]
        await tab.do(Selection.pick, ids[4], False, True)
        assert selection.here == ids[5:7]

    asyncio.run(play())
    assert many


def test_it_stays_while_pages_are_turned_and_sorted_and_ends_with_the_filters(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        await tab.do(ListState.order, "name")
        await tab.do(Selection.pick, many[0].id, True)
        await tab.do(ListState.turn, 1)
        assert (selection.here, selection.count) == ([], 1)
        await tab.do(Selection.pick, listed.rows[0].id, True, True)
        assert selection.count == 2, "the last row is on another page"
        await tab.do(ListState.arrange, "-name")
        assert selection.here == [many[SIZE].id]
        assert selection.chosen() == {one.id: one.name for one in (many[0], many[SIZE])}
        for change, values in (
            (ListState.narrow, ("format", "json")),
            (ListState.search, ("report",)),
            (ListState.clear, ()),
        ):
            await tab.do(Selection.pick_page, True)
            assert selection.count
            await tab.do(change, *values)
            assert (selection.here, selection.count) == ([], 0)

    asyncio.run(play())


def test_all_that_match_are_selected_on_all_pages(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
    many: list[Schedule],
) -> None:
    make_schedule(services, outsider, name="Report of others")

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        assert listed.selects == "Select all 30"
        await tab.do(ListState.pick_matching)
        assert set(selection.chosen()) == {one.id for one in many}
        assert len(selection.here) == SIZE
        await tab.do(ListState.search, "report 00")
        assert (listed.selects, listed.selectable) == ("Select all 10 that match", 10)
        await tab.do(ListState.clear)
        await tab.do(ListState.narrow, "format", "json")
        await tab.do(ListState.pick_matching)
        assert set(selection.chosen()) == {one.id for one in many if one.format == "json"}
        await tab.do(ScheduleActions.bulk, "pause")
        assert (await tab.texts())[-1] == "15 scheduled exports paused"
        assert selection.count == 0

    asyncio.run(play())


def test_what_is_gone_or_matches_no_more_is_not_selected_any_more(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    many: list[Schedule],
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        await tab.do(ListState.narrow, "active", "yes")
        await tab.do(ListState.search, "report")
        await tab.do(ListState.pick_matching)
        here = {row.id for row in listed.rows}
        gone, paused = [one for one in many if one.id not in here][:2]
        await asyncio.to_thread(services.schedules.delete, admin, gone.id)
        await asyncio.to_thread(services.schedules.update, admin, paused.id, {"is_active": False})
        await listed.load(fresh=True)
        assert set(selection.chosen()) == {one.id for one in many} - {gone.id, paused.id}

    asyncio.run(play())


def test_no_more_are_selected_than_one_action_may_have(
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    many: list[Schedule],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "BULK", 26)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        assert listed.selects == "Select the first 26"
        await tab.do(ListState.pick_matching)
        assert (selection.count, len(selection.here)) == (26, SIZE)
        await tab.do(ListState.turn, 1)
        await tab.do(Selection.pick_page, True)
        assert await tab.texts() == ["Select at most 26 at a time"]
        assert selection.count == 26

    asyncio.run(play())
    assert many
