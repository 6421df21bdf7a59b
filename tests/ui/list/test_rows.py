"""What a row says of its schedule, and what is done to schedules."""

import asyncio
from datetime import timedelta

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Summary, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.rows import counts
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.asking import confirmed
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import make_schedule, pause, runs_of, stored, trigger_and_execute


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
        assert row.detail.endswith("not sent")
        assert (row.words, row.place) == ("Every Monday at 09:00", "Berlin")

    asyncio.run(play())
    assert campaigns


def test_a_run_started_here_is_told_when_it_ends(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, name="Mine")

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await confirmed(tab, SendQuestion.ask_run, schedule.id)
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
        assert (listed.counts, {r.paused for r in listed.rows}) == ("1 active · 1 paused", {""})
        await asyncio.to_thread(
            pause, services, schedule, "5 runs failed in a row; the last one: no route to host"
        )
        await tab.do(ListState.again)
        by_name = {r.name: r for r in listed.rows}
        assert by_name["Asleep"].paused == ""
        paused = by_name["Weekly"]
        assert paused.paused == "5 runs failed in a row; the last one: no route to host"
        assert paused.paused_at == paused.failing_at != ""
        assert (paused.active, listed.counts) == (
            False,
            "None active · 2 paused (1 automatically)",
        )
        for state, names in (("stopped", ["Weekly"]), ("no", ["Asleep", "Weekly"]), ("yes", [])):
            await tab.do(ListState.narrow, "active", state)
            assert sorted(r.name for r in listed.rows) == names
        await tab.do(ListState.clear)
        await tab.do(ScheduleActions.resume, schedule.id)
        assert await tab.texts() == ["“Weekly” is active again and runs on your behalf"]
        again = next(r for r in listed.rows if r.name == "Weekly")
        assert (again.active, again.paused) == (True, "")
        assert again.streak == "The last scheduled run did not reach everyone"
        assert listed.counts == "1 active · 1 failing · 1 paused"  # until it runs well

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
    pause(services, schedule, f"5 runs failed in a row; the last one: {run.error}")

    async def play() -> None:
        (row,) = (await load(tab, sign_in, admin, acme)).rows
        assert (row.status, row.detail, row.is_reason) == ("failed", "", False)
        assert run.error
        assert run.error in row.paused
        await tab.do(ScheduleActions.resume, schedule.id)
        (row,) = (await tab.state(ListState)).rows
        assert (row.detail != "", row.is_reason) == (True, True)

    asyncio.run(play())


def test_a_row_says_that_it_fails_where_its_last_run_does_not(
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
        for failures, words in (
            (0, "The last scheduled run did not reach everyone"),
            (1, "The last scheduled run failed"),
            (3, "3 scheduled runs failed in a row"),
        ):
            await asyncio.to_thread(fail, failures)
            await tab.do(ListState.again)
            (row,) = listed.rows
            assert row.streak == words
            assert row.failing_at
        assert listed.counts == "1 active · 1 failing"
        run = await asyncio.to_thread(trigger_and_execute, services, admin, schedule)
        await asyncio.to_thread(fail, 1)
        await tab.do(ListState.again)
        (row,) = listed.rows
        assert (row.status, row.streak) == (str(run.status), "The last scheduled run failed")

    asyncio.run(play())


def test_a_run_that_waits_for_its_next_attempt_says_when_it_comes(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin)
    run = services.schedules.trigger(admin, schedule.id)
    soon = clock() + timedelta(minutes=2)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for attempt, words in ((0, "starts"), (2, "will retry")):
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
                (SendQuestion.ask_run, ()),
                (ScheduleActions.test, ()),
                (ScheduleActions.toggle, (False,)),
                (ScheduleActions.resume, ()),
                (ScheduleActions.delete, ()),
            ):
                (await tab.state(BrowserCommands)).clear()
                await tab.do(handler, schedule_id, *more)
                assert await tab.texts() == ["This does not exist, or you do not have access to it"]

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
            await tab.do(Selection.pick, one.id, True)
        await tab.do(ScheduleActions.bulk, "pause")
        assert (await tab.texts())[-1] == "2 scheduled exports paused"
        assert {r.name for r in listed.rows if r.active} == {"Three"}
        await tab.do(Selection.pick_page, True)
        await tab.do(ScheduleActions.bulk, "delete")
        told = "3 scheduled exports deleted. You can restore them for 30 days"
        assert (await tab.texts())[-1] == told
        assert (listed.total, listed.all_total) == (0, 0)
        await tab.do(ScheduleActions.bulk, "explode")
        assert (await tab.texts())[-1] == "This does not exist, or you do not have access to it"

    asyncio.run(play())
    assert third


def test_the_header_says_how_many_there_are_of_each() -> None:
    assert counts(Summary(10_401, 1, 0, None, 0)) == "1 active · 10,400 paused"
    assert counts(Summary(6, 4, 2, None, 1)) == "4 active · 2 failing · 2 paused (1 automatically)"
    assert counts(Summary(3, 3, 0, None, 0)) == "3 active"
