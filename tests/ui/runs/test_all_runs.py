"""The list of all runs, and a run alone: what the address names, filters, pages, details."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Run, Schedule, Tenant, new_id
from exports_app.services.schedules.new_run import new_run
from exports_app.ui.framework.browser_commands import BrowserCommands, Step
from exports_app.ui.pages.scheduled_exports.all_runs import state as all_runs
from exports_app.ui.pages.scheduled_exports.all_runs.schedule_picker import SchedulePicker
from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns
from exports_app.ui.pages.scheduled_exports.history import run_table
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, trigger_and_execute


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_table, "SIZE", 2)


def add(services: Services, schedule: Schedule, minutes: int, **values: Any) -> Run:
    at = services.clock() - timedelta(minutes=minutes)
    ended = {"status": RunStatus.COMPLETED, "completed_at": at} | values
    run = replace(new_run(schedule, Trigger.SCHEDULE, at, created_at=at), **ended)
    with services.store.write() as tx:
        tx.runs.add(run)
    return run


async def arrive(tab: Tab, address: str) -> None:
    tab.root.router_data = {"asPath": address, "pathname": address.split("?", maxsplit=1)[0]}
    await tab.do(AllRuns.arrive)
    await tab.do(AllRuns.refresh)


async def shown(tab: Tab) -> list[str]:
    return [row.id for row in (await tab.state(RunTable)).rows]


async def address(tab: Tab) -> tuple[str, str]:
    commands = await tab.state(BrowserCommands)
    return commands.address, commands.way


def test_the_address_names_filters_a_page_and_a_run(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    first = make_schedule(services, admin, name="First")
    second = make_schedule(services, admin, name="Second")
    runs = [add(services, first, n, status=RunStatus.FAILED) for n in range(3)]
    other = add(services, second, 9)

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, f"/runs?status=failed&schedule={first.id}&trigger=moon&reason=&x=y")
        page, table = await tab.state(AllRuns), await tab.state(RunTable)
        assert (page.view["status"], page.view["trigger"]) == ("failed", "")
        assert (page.schedule_name, page.narrowed) == ("First", True)
        assert await shown(tab) == [runs[0].id, runs[1].id]
        assert (table.total_words, table.newer, table.older) == ("3 runs", False, True)
        await arrive(tab, f"/runs?older={runs[1].id}")
        assert await shown(tab) == [runs[2].id, other.id]
        assert [row.schedule_name for row in table.rows] == ["First", "Second"]
        await arrive(tab, f"/runs?run={runs[2].id}")
        assert (await shown(tab), table.opened) == ([runs[2].id, other.id], runs[2].id)
        assert (await tab.state(OpenedRun)).run_id == runs[2].id
        for wrong in (new_id(), "nonsense"):
            await arrive(tab, f"/runs?schedule={wrong}")
            assert page.failed == all_runs.GONE
        await arrive(tab, "/runs?since=2026-13-01")
        assert "not a date" in page.failed

    asyncio.run(play())


def test_each_choice_is_a_step_and_begins_at_the_newest_page(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    runs = [add(services, schedule, n) for n in range(3)]

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, "/runs")
        await tab.do(AllRuns.turn, True)
        assert await shown(tab) == [runs[2].id]
        assert await address(tab) == (f"/runs?older={runs[1].id}", Step.NEXT)
        await tab.do(AllRuns.choose, "status", "completed")
        assert await address(tab) == ("/runs?status=completed", Step.NEXT)
        assert await shown(tab) == [runs[0].id, runs[1].id]
        await tab.do(AllRuns.choose, "recipient", "an")
        assert (await address(tab))[1] == Step.NEXT
        await tab.do(AllRuns.choose, "recipient", "ann")
        assert await address(tab) == ("/runs?status=completed&recipient=ann", Step.SAME)
        await tab.do(AllRuns.choose, "status", "nonsense")
        await tab.do(AllRuns.choose, "nonsense", "")
        assert (await address(tab))[0] == "/runs?status=completed&recipient=ann"
        await tab.do(AllRuns.unfold, runs[0].id)
        assert await address(tab) == (
            f"/runs?status=completed&recipient=ann&run={runs[0].id}",
            Step.SAME,
        )
        await tab.do(AllRuns.step, f"/runs?older={runs[1].id}")  # Back
        assert await shown(tab) == [runs[2].id]
        assert not (await tab.state(AllRuns)).narrowed
        await tab.do(AllRuns.turn, False)
        assert await shown(tab) == [runs[0].id, runs[1].id]

    asyncio.run(play())


def test_days_are_those_of_the_tenants_zone(
    services: Services, tab: Tab, sign_in: SignIn, super_admin: Principal, acme: Tenant
) -> None:
    services.tenants.update(super_admin, acme.id, {"timezone": "Pacific/Auckland"})
    schedule = make_schedule(services, super_admin, tenant_id=acme.id)
    now = services.clock()
    run = add(services, schedule, 0)

    day = now.astimezone(ZoneInfo("Pacific/Auckland")).date()

    async def play() -> None:
        await sign_in(super_admin, acme)
        for since, until, found in ((day, day, [run.id]), (day + timedelta(1), "", [])):
            await arrive(tab, f"/runs?tenant={acme.slug}&since={since}&until={until}")
            assert await shown(tab) == found
        await arrive(tab, f"/runs?since={day}&until={day - timedelta(1)}")
        assert "before the first" in (await tab.state(AllRuns)).failed

    asyncio.run(play())


def test_a_run_has_an_address_of_its_own_with_its_details_and_actions(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
) -> None:
    run = trigger_and_execute(services, admin, make_schedule(services, admin))
    waits = services.schedules.trigger(admin, make_schedule(services, admin, name="Waits").id)
    foreign = trigger_and_execute(services, outsider, make_schedule(services, outsider))

    async def play() -> None:
        await sign_in(admin, acme)
        page, details = await tab.state(AllRuns), await tab.state(OpenedRun)
        await arrive(tab, f"/runs/{run.id}")
        assert (await shown(tab), page.gone, details.run_id) == ([run.id], False, run.id)
        assert (details.writes, details.detail.can_rerun) == (True, True)
        for gone in (foreign.id, new_id(), "nonsense"):
            await arrive(tab, f"/runs/{gone}")
            assert page.gone
        await arrive(tab, f"/runs/{waits.id}")
        await tab.do(OpenedRun.cancel)
        assert (await tab.state(RunTable)).rows[0].status == "cancelled"

    asyncio.run(play())


def test_the_history_and_the_list_of_all_runs_do_not_show_each_others_runs(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    own = add(services, schedule, 1)
    other = add(services, make_schedule(services, admin), 2)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        assert await shown(tab) == [own.id]
        await arrive(tab, "/runs")
        await (await tab.state(HistoryState)).reload()
        assert await shown(tab) == [own.id, other.id]

    asyncio.run(play())


def test_the_picker_finds_scheduled_exports_by_words(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    for name in ("Weekly sales", "Monthly sales", "Costs"):
        make_schedule(services, admin, name=name)

    async def play() -> None:
        await sign_in(admin, acme)
        picker = await tab.state(SchedulePicker)
        await tab.do(SchedulePicker.opened, True)
        assert [option.name for option in picker.options] == [
            "Costs",
            "Monthly sales",
            "Weekly sales",
        ]
        await tab.do(SchedulePicker.search, "sales week")
        assert [option.name for option in picker.options] == ["Weekly sales"]

    asyncio.run(play())


def test_each_page_takes_its_view_anew_after_the_other(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, name="Numbers")

    async def play() -> None:
        await sign_in(admin, acme)
        listed, page = await tab.state(ListState), await tab.state(AllRuns)
        tab.root.router_data = {"asPath": "/scheduled-exports", "pathname": ""}
        await tab.do(ScheduledExports.arrive)
        await tab.do(ListState.search, "nothing")
        await arrive(tab, "/runs")
        await tab.do(AllRuns.choose, "status", "failed")
        tab.root.router_data = {"asPath": "/scheduled-exports", "pathname": ""}
        await tab.do(ScheduledExports.arrive)
        assert listed.q == ""
        await arrive(tab, "/runs")
        assert not page.narrowed
        await tab.do(AllRuns.choose, "status", "failed")
        await arrive(tab, "/runs?status=failed")  # connected again
        assert page.narrowed

    asyncio.run(play())
