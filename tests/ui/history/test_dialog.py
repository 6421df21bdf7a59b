"""The history dialog: which schedule and run it opens, and what it says of errors."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import DeliveryError, StoreAway, Unavailable
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.domain.timing.period import Window
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Notification, NotificationKind, Page, Tenant, new_id
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.new_run import RunOrder, new_run
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.history.backfill import BackfillState
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.paths import ROOT
from tests.ui.asking import confirmed
from tests.ui.conftest import SignIn, Tab
from tests.world import (
    claim,
    make_schedule,
    pause,
    trigger_and_execute,
)

ID = "bbf7fb7d-abbd-5748-9da5-3486f609bfe2"


def test_an_address_opens_its_schedule_and_run_and_a_wrong_one_says_so(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    outsider: Principal,
    super_admin: Principal,
) -> None:
    schedule = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, schedule)
    foreign = make_schedule(services, outsider)

    async def play() -> None:
        story = await tab.state(HistoryState)
        table = await tab.state(RunTable)
        for address, gone in (
            (f"/scheduled-exports/{schedule.id}?run={run.id}", ""),
            (
                f"/scheduled-exports/{foreign.id}",
                "This does not exist, or you do not have access to it",
            ),
            ("/scheduled-exports/nonsense", "This does not exist, or you do not have access to it"),
        ):
            tab.root.router_data = {"asPath": address, "pathname": address.split("?")[0]}
            await sign_in(admin, acme)
            await tab.do(ScheduledExports.arrive)
            await tab.do(ScheduledExports.refresh)
            assert story.gone == gone
            assert bool(table.rows) == (gone == "")
            assert bool(table.opened) == (gone == "")

    asyncio.run(play())
    services.repeated_entries.flush()
    found, _ = services.audit.find(super_admin, None, AuditFilter("access"), Page(size=10))
    assert [(entry.actor_id, entry.detail) for entry in found] == [
        (admin.user_id, {"of_tenant": foreign.tenant_id})
    ]


def test_what_is_opened_while_a_closed_history_leaves_the_address_stays_open(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    """Closing navigates to the list where the page was loaded with the schedule's address. Someone
    may open the next one before that page load reaches the server."""
    schedule = make_schedule(services, admin)
    following = make_schedule(services, admin)

    async def play() -> None:
        story = await tab.state(HistoryState)
        tab.root.router_data = {"asPath": f"/scheduled-exports/{schedule.id}"}
        await sign_in(admin, acme)
        await tab.do(ScheduledExports.arrive)
        assert story.schedule_id == schedule.id
        await tab.do(HistoryState.close)
        assert story.schedule_id == ""
        tab.root.router_data = {"asPath": "/scheduled-exports"}
        await tab.do(HistoryState.show, following.id)
        await tab.do(ScheduledExports.arrive)
        assert story.schedule_id == following.id
        await tab.do(HistoryState.close)
        # An address with a schedule that the tab comes to later counts again
        tab.root.router_data = {"asPath": f"/scheduled-exports/{schedule.id}"}
        await tab.do(ScheduledExports.arrive)
        assert story.schedule_id == schedule.id

    asyncio.run(play())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            f"2 of its 3 campaigns no longer exist ({ID}, {ID}): choose others",
            "2 of its 3 campaigns no longer exist: choose others",
        ),
        ("there was no data for its dates", "There was no data for its dates"),
        ("550 5.1.1 (user) unknown", "550 5.1.1 (user) unknown"),
        (None, ""),
    ],
)
def test_an_error_is_told_as_a_sentence_without_ids(error: str | None, told: str) -> None:
    assert run_errors.readable(error) == told


@pytest.mark.parametrize("old", [False, True])
def test_a_later_test_or_older_date_does_not_hide_that_the_last_run_failed(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    old: bool,
) -> None:
    schedule = make_schedule(services, admin, filters=Filters(period="yesterday"))
    failed = services.schedules.trigger(admin, schedule.id)
    services.run_endings.close(claim(services), RunStatus.FAILED, "it broke", "broken")
    clock.advance(minutes=1)
    to = SendTo.NOBODY if old else SendTo.CALLER
    days = RunOrder(window=Window(*[clock().date() - timedelta(days=9)] * 2)) if old else RunOrder()
    later = services.schedules.trigger(admin, schedule.id, to, days)
    services.run_endings.close(claim(services), RunStatus.COMPLETED)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        table = await tab.state(RunTable)
        assert [(row.id, row.is_test) for row in table.rows] == [
            (later.id, not old),
            (failed.id, False),
        ]
        assert table.opened == failed.id
        assert old or table.summary == "Last 1 run: 1 failed"

    asyncio.run(play())


def test_who_may_only_read_a_schedule_follows_its_history_whatever_days_they_choose(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    outsider: Principal,
    globex: Tenant,
) -> None:
    schedule = make_schedule(services, outsider, globex.id)
    both = Principal(admin.user_id, False, {acme.id: Role.ADMIN, globex.id: Role.VIEWER})

    async def play() -> None:
        await sign_in(both, acme)
        await tab.do(HistoryState.show, schedule.id)
        past, table = await tab.state(BackfillState), await tab.state(RunTable)
        await tab.do(BackfillState.set_start, "2026-02-02")
        await tab.do(BackfillState.set_end, "2026-02-16")
        assert (past.count, past.message) == (0, "You do not have permission to do this")
        run = services.schedules.trigger(outsider, schedule.id)
        await tab.do(ScheduledExports.refresh)
        assert [row.id for row in table.rows] == [run.id]
        assert await tab.texts() == []

    asyncio.run(play())


def test_what_was_removed_is_said_and_run_again_only_when_asked_for(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, schedule="0 9 * * *", timezone="UTC")
    with services.store.write() as tx:
        for day in range(1, 23):
            at = datetime(2024, 1, day, 9, tzinfo=UTC)
            run = new_run(schedule, Trigger.SCHEDULE, at, scheduled_for=at, created_at=at)
            tx.runs.add(replace(run, status=RunStatus.COMPLETED, completed_at=at))
    assert services.history_retention.sweep(pause=lambda _: None) == 2

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        past, story = await tab.state(BackfillState), await tab.state(HistoryState)
        table = await tab.state(RunTable)
        assert story.removed == "2 older runs were removed: the history is kept for 730 days."
        await tab.do(BackfillState.set_start, "2024-01-01")
        await tab.do(BackfillState.set_end, "2024-01-05")
        assert (past.count, past.message, past.removed) == (0, "", "2 scheduled times")
        await tab.do(BackfillState.set_include_removed, True)
        assert past.count == 2
        assert past.message.startswith("2 runs will be created")
        await confirmed(tab, BackfillState.ask)
        assert table.total == 22

    asyncio.run(play())


def test_a_pause_and_who_was_told_of_it_are_shown(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule, now = make_schedule(services, admin), services.clock()
    pause(services, schedule, "5 runs failed in a row")
    run = new_run(schedule, Trigger.SCHEDULE, now, created_at=now)
    told = {"name": "x", "timezone": "UTC"}
    kind, status = NotificationKind.PAUSED, DeliveryStatus.ACCEPTED
    with services.store.write() as tx:
        tx.runs.add(run)
        tx.notifications.add(
            [
                Notification(
                    new_id(),
                    acme.id,
                    schedule.id,
                    run.id,
                    kind,
                    "admin@example.com",
                    told,
                    status,
                    now,
                )
            ]
        )

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        story = await tab.state(HistoryState)
        head = await tab.state(ScheduleState)
        assert head.paused == "5 runs failed in a row"
        assert [(n.what, n.target, n.word) for n in story.notices] == [
            ("Paused automatically", "admin@example.com", "Accepted")
        ]
        await tab.do(ScheduleActions.resume, schedule.id)
        await tab.do(HistoryState.again)
        assert head.paused == ""

    asyncio.run(play())


def test_each_reason_that_a_run_may_end_for_has_its_hint() -> None:
    """Found in the sources, so that a new one is not forgotten."""
    found = set[str]()
    accounts = ROOT / "exports_app" / "services" / "accounts"  # errors of people end no run
    for folder in ("db", "engine", "services", "channels"):
        for file in (ROOT / "exports_app" / folder).rglob("*.py"):
            if file.is_relative_to(accounts):
                continue
            found |= set(re.findall(r'(?:\bcode=|"error_code": )"([a-z_]+)"', file.read_text()))
    assert {
        "access_lost",
        "worker_died",
        "no_data",
        "schedule_deleted",
        "too_large",
        "process_killed",
    } <= found
    reasons = {*found, "overlap", "missed", "invalid_cron", "invalid_timezone"}
    assert [code for code in sorted(reasons) if not run_errors.hint(code)] == []
    for error in (Unavailable(), StoreAway(), DeliveryError("550 no")):
        assert run_errors.hint(error.code), error.code
