"""The list's view: filters, order, pages, the address; without a browser."""

import asyncio
from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.state import SIZE, ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import FakeClock, make_schedule, pause, runs_of, stored, trigger_and_execute


@pytest.fixture
def many(services: Services, admin: Principal) -> list[Schedule]:
    names = [f"Report {i:03}" for i in range(SIZE + 5)]
    return [
        make_schedule(services, admin, name=name, format="csv" if i % 2 else "json")
        for i, name in enumerate(names)
    ]


async def load(
    tab: Tab, sign_in: SignIn, who: Principal, tenant: Tenant, address: str = "/scheduled-exports"
) -> ListState:
    tab.root.router_data = {"asPath": address, "pathname": address.split("?", maxsplit=1)[0]}
    await sign_in(who, tenant)
    await tab.do(ScheduledExports.arrive)
    await tab.do(ScheduledExports.refresh)
    return await tab.state(ListState)


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


def test_one_can_select_only_what_is_shown(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, many: list[Schedule]
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(ListState.pick, listed.rows[0].id, True)
        await tab.do(ListState.pick, "somewhere else", True)
        assert listed.selected == [listed.rows[0].id]
        await tab.do(ListState.pick_all, True)
        assert len(listed.selected) == SIZE
        await tab.do(ListState.turn, 1)
        assert listed.selected == []

    asyncio.run(play())
    assert many


def test_the_last_run_is_told_in_words(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, object],
) -> None:
    schedule = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.COMPLETED

    async def play() -> None:
        (row,) = (await load(tab, sign_in, admin, acme)).rows
        assert (row.status, row.status_word) == ("completed", "Completed")
        assert row.detail.startswith(f"{run.record_count} rows · ")
        assert row.detail.endswith("not emailed")
        assert (row.words, row.place) == ("Every Monday at 09:00", "Berlin")

    asyncio.run(play())
    assert campaigns


def test_a_run_started_here_is_told_when_it_ends(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, name="Mine")

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.run, schedule.id)
        await tab.do(ScheduledExports.refresh)
        assert await tab.texts() == []
        from tests.world import claim, execute

        await asyncio.to_thread(lambda: execute(services, claim(services)))
        await tab.do(ScheduledExports.refresh)
        await tab.do(ScheduledExports.refresh)
        (notice,) = await tab.notices()
        assert notice.text.startswith("“Mine” is ready: ")
        assert notice.run == f"{schedule.id}/{runs_of(services, schedule)[0].id}"

    asyncio.run(play())


def test_one_that_was_paused_by_itself_says_why_and_one_click_resumes_it(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
) -> None:
    schedule = make_schedule(services, super_admin, acme.id, name="Weekly")
    asleep = make_schedule(services, admin, name="Asleep", is_active=False)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        assert (listed.stopped, {r.paused for r in listed.rows}) == (0, {""})
        await asyncio.to_thread(
            pause, services, schedule, "5 runs in a row failed; the last one: no route to host"
        )
        await tab.do(ListState.again)
        by_name = {r.name: r for r in listed.rows}
        assert by_name["Asleep"].paused == ""
        paused = by_name["Weekly"]
        assert paused.paused == "5 runs in a row failed; the last one: no route to host"
        assert paused.paused_at == paused.failing_at != ""
        assert (paused.active, listed.stopped) == (False, 1)
        for state, names in (("stopped", ["Weekly"]), ("no", ["Asleep", "Weekly"]), ("yes", [])):
            await tab.do(ListState.narrow, "active", state)
            assert sorted(r.name for r in listed.rows) == names
        await tab.do(ListState.clear)
        await tab.do(ScheduleActions.resume, schedule.id)
        assert await tab.texts() == ["“Weekly” is active again and runs in your name"]
        again = next(r for r in listed.rows if r.name == "Weekly")
        assert (again.active, again.paused, again.streak, listed.stopped) == (True, "", "", 0)

    asyncio.run(play())
    resumed = stored(services, schedule)
    assert (resumed.owner_id, resumed.failures, resumed.paused_reason) == (admin.user_id, 0, None)
    assert resumed.next_run_at is not None
    assert not stored(services, asleep).is_active


def test_what_the_pause_says_of_the_last_run_is_not_said_twice(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, when_empty="fail")
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.FAILED
    pause(services, schedule, f"5 runs in a row failed; the last one: {run.error}")

    async def play() -> None:
        (row,) = (await load(tab, sign_in, admin, acme)).rows
        assert (row.status, row.detail, row.is_reason) == ("failed", "", False)
        assert run.error
        assert run.error in row.paused
        await tab.do(ScheduleActions.resume, schedule.id)
        (row,) = (await tab.state(ListState)).rows
        assert (row.detail != "", row.is_reason) == (True, True)

    asyncio.run(play())


def test_a_row_of_failures_is_counted_from_the_second_one(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    def fail(failures: int) -> None:
        with services.store.write() as tx:
            tx.schedules.change(
                schedule.id, {"failures": failures, "failing_since": services.clock()}
            )

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for failures, words in ((1, ""), (3, "3 scheduled runs in a row failed")):
            await asyncio.to_thread(fail, failures)
            await tab.do(ListState.again)
            (row,) = listed.rows
            assert row.streak == words
            assert row.failing_at

    asyncio.run(play())


def test_a_run_that_waits_for_its_next_attempt_says_when_it_comes(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin)
    run = services.schedules.trigger(admin, schedule.id)
    soon = clock() + timedelta(minutes=2)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for attempt, words in ((0, "starts"), (2, "attempt 3 follows")):
            with services.store.write() as tx:
                assert tx.runs.update_unclaimed(run, {"next_attempt_at": soon, "attempt": attempt})
            await tab.do(ListState.again)
            (row,) = listed.rows
            assert (row.detail, row.at, row.is_reason) == (words, soon.isoformat(), False)

    asyncio.run(play())


def test_foreign_and_unknown_schedules_are_equally_not_found(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    outsider: Principal,
) -> None:
    foreign = make_schedule(services, outsider)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        for schedule_id in (foreign.id, "00000000-0000-4000-8000-0000000000ff", "nonsense", ""):
            for handler, more in (
                (ScheduleActions.run, ()),
                (ScheduleActions.test, ()),
                (ScheduleActions.toggle, (False,)),
                (ScheduleActions.resume, ()),
                (ScheduleActions.ask_delete, ()),
            ):
                (await tab.state(BrowserCommands)).clear()
                await tab.do(handler, schedule_id, *more)
                assert await tab.texts() == ["There is nothing here that you may see"]

    asyncio.run(play())
    assert stored(services, foreign).is_active
    assert runs_of(services, foreign) == []


def test_several_are_paused_and_deleted_at_once(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    first, second, third = (
        make_schedule(services, admin, name=name) for name in ("One", "Two", "Three")
    )

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for one in (first, second):
            await tab.do(ListState.pick, one.id, True)
        await tab.do(ScheduleActions.bulk, "pause")
        assert (await tab.texts())[-1] == "2 scheduled exports paused"
        assert {r.name for r in listed.rows if r.active} == {"Three"}
        await tab.do(ListState.pick_all, True)
        await tab.do(ScheduleActions.ask_delete_selected)
        asked = await tab.state(ScheduleActions)
        assert asked.ask_title == "Delete 3 scheduled exports?"
        assert "“Two”" in asked.ask_text
        await tab.do(ScheduleActions.dismiss)
        assert listed.total == 3
        await tab.do(ScheduleActions.ask_delete_selected)
        await tab.do(ScheduleActions.delete)
        assert (listed.total, listed.all_total) == (0, 0)
        await tab.do(ScheduleActions.bulk, "explode")
        assert (await tab.texts())[-1] == "There is nothing here that you may see"

    asyncio.run(play())
    assert third
