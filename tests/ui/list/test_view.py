"""Which schedules the list shows, and in what order."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.state import SIZE, ListState
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load


def test_it_shows_a_page_of_the_tenants_schedules_and_turns_it(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        assert (len(listed.rows), listed.total, listed.first, listed.last) == (
            SIZE,
            SIZE + 5,
            1,
            SIZE,
        )
        await tab.do(ListState.turn, 1)
        assert (len(listed.rows), listed.first, listed.last) == (5, SIZE + 1, SIZE + 5)
        assert (await tab.state(BrowserCommands)).address == "/scheduled-exports?page=2"
        await tab.do(ListState.turn, 1)
        assert listed.page == 2
        await tab.do(ListState.turn, -100)
        assert listed.page == 1

    asyncio.run(play())
    assert many


def test_filters_search_and_order_stand_in_the_address_and_come_back_from_it(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(ListState.narrow, "format", "json")
        await tab.do(ListState.search, "report 00")
        await tab.do(ListState.order, "name")
        assert [r.name for r in listed.rows] == [
            "Report 000",
            "Report 002",
            "Report 004",
            "Report 006",
            "Report 008",
        ]
        address = (await tab.state(BrowserCommands)).address
        assert address == "/scheduled-exports?q=report+00&format=json&sort=name"

        again = await load(tab, sign_in, admin, acme)
        assert again.total == len(many)
        other = await load(tab, sign_in, admin, acme, address)
        assert [r.name for r in other.rows] == [
            "Report 000",
            "Report 002",
            "Report 004",
            "Report 006",
            "Report 008",
        ]
        await tab.do(ListState.clear)
        assert other.total == len(many)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("key", "sorts"),
    [("name", ["name", "-name", "name"]), ("lastRunAt", ["-lastRunAt", "lastRunAt"])],
)
def test_a_column_sorts_as_people_expect_first_and_then_the_other_way(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, key: str, sorts: list[str]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for sort in sorts:
            await tab.do(ListState.order, key)
            assert listed.sort == sort

    asyncio.run(play())


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=99999999999",
        "sort=password_hash",
        "type=nope",
        "active=maybe",
        "status=1",
        "q=%00",
    ],
)
def test_nonsense_in_the_address_is_left_out(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule], query: str
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, f"/scheduled-exports?{query}")
        if query.startswith("q="):  # no stored text can hold it: said, and mended by a new search
            assert "control characters" in listed.failed
            await tab.do(ListState.search, "")
        assert listed.failed == ""
        assert listed.total == len(many)

    asyncio.run(play())


def test_a_page_beyond_the_end_becomes_the_last_one(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, "/scheduled-exports?page=50")
        assert (listed.page, len(listed.rows)) == (2, 5)

    asyncio.run(play())
    assert many


def test_what_a_search_found_is_read_out(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        assert listed.found == ""
        for searched, words in (
            ("7 report", "3 results"),
            ("ré 007", "1 result"),
            ("none", "0 results"),
        ):
            await tab.do(ListState.search, searched)
            assert listed.found == words
        await tab.do(ListState.clear)
        assert listed.found == ""

    asyncio.run(play())
    assert many


def test_turning_a_page_leads_to_the_top(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        assert listed.focus == "", "the page itself begins where it is"
        seen = set()
        for step in (1, -1):
            await tab.do(ListState.turn, step)
            seen.add(listed.focus)
        assert len(seen) == 2
        assert {one.split("#")[0] for one in seen} == {"list-top"}
        assert (listed.first, listed.last, listed.total_words) == (1, 25, "30")

    asyncio.run(play())
    assert many
