"""What a person does to a run in the history dialog."""

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core import request_context
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Tenant
from exports_app.services.core.request_context import RequestContext
from exports_app.ui.framework.actions import call
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.downloads import DownloadState
from exports_app.ui.pages.scheduled_exports import delivery_advice, run_errors
from exports_app.ui.pages.scheduled_exports.history.backfill import BackfillState
from exports_app.ui.pages.scheduled_exports.history.file_downloads import FileDownloadsState
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.replacement import ReplacementState
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.labels import iso
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.mailserver import MailServer, mail_server
from tests.ui.asking import confirmed
from tests.ui.conftest import SignIn, Tab
from tests.world import (
    claim,
    execute,
    make_schedule,
    registered,
    runs_of,
    the_run,
    trigger_and_execute,
)

GONE = "550 5.1.1 no such user"


@pytest.fixture
def picky(services: Services) -> Iterator[MailServer]:
    """Knows everyone but old@example.com."""
    with (
        mail_server(refuse={"old@example.com": GONE}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        yield server
    assert services


def test_a_partial_run_tells_who_did_not_get_it_and_sends_it_again(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, picky: MailServer
) -> None:
    schedule = make_schedule(
        services, admin, name="Weekly", recipients=("ann@example.com", "old@example.com")
    )
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.PARTIAL

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        table, details = await tab.state(RunTable), await tab.state(OpenedRun)
        (row,) = table.rows
        assert (row.status_word, row.how, row.has_file) == ("Partial", "Manual · Admin", True)
        assert table.summary == "Last 1 run: 1 partial"
        opened = f"/scheduled-exports/{schedule.id}?run={run.id}"  # as it failed
        assert (await tab.state(BrowserCommands)).address == opened
        assert [(d.target, d.status) for d in details.deliveries] == [
            ("old@example.com", "failed"),
            ("ann@example.com", "accepted"),
        ]
        assert GONE in details.deliveries[0].error
        assert details.detail.made == "Campaigns, totals, CSV · time zone: Berlin"
        assert (details.detail.can_resend, details.detail.unsent, details.detail.sha256) == (
            True,
            1,
            run.sha256,
        )
        assert details.deliveries[0].advice == delivery_advice.ADDRESS
        await confirmed(tab, SendQuestion.ask_resend, schedule.id, run.id)
        assert table.rows[0].status == "pending"
        await asyncio.to_thread(lambda: execute(services, claim(services)))
        await tab.do(ScheduledExports.refresh)
        assert (await tab.texts())[-1] == "“Weekly”: 1 of 2 delivered"
        await tab.do(HistoryState.close)
        assert (await tab.state(BrowserCommands)).address == "/scheduled-exports"

    asyncio.run(play())
    assert [m.rcpt_tos for m in picky.messages] == [["ann@example.com"]]
    assert the_run(services, run).status is RunStatus.PARTIAL


def test_run_again_keeps_the_window(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: object
) -> None:
    from exports_app.services.schedules.filters import Filters

    schedule = make_schedule(services, admin, filters=Filters(period="yesterday"))
    old = trigger_and_execute(services, admin, schedule)
    clock.advance(days=3)  # type: ignore[attr-defined]

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        await confirmed(tab, SendQuestion.ask_rerun, schedule.id, old.id)
        assert len((await tab.state(RunTable)).rows) == 2

    asyncio.run(play())
    new = runs_of(services, schedule)[0]
    assert (new.trigger, new.window_start, new.window_end) == (
        Trigger.RERUN,
        old.window_start,
        old.window_end,
    )


def test_a_file_is_fetched_by_a_one_time_address_that_only_its_own_session_gets(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    outsider: Principal,
) -> None:
    from exports_app.ui.framework import actions
    from exports_app.ui.framework.actions import Actor
    from tests.world import sign_in as session_of

    schedule = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, schedule)
    with services.store.read() as tx:
        user = tx.users.get(admin.user_id)
    assert user is not None
    secret = session_of(services, user)

    async def play() -> None:
        await sign_in(admin, acme)
        actions.begin(Actor(admin, secret, acme.id))
        await tab.do(DownloadState.start, schedule.id, run.id)
        assert (await tab.state(BrowserCommands)).fetch.startswith("/api/download/")
        actions.begin(Actor(outsider, secret, None))
        await tab.do(DownloadState.start, schedule.id, run.id)
        assert (await tab.texts())[-1] == "This does not exist, or you do not have access to it"

    asyncio.run(play())


def test_a_run_that_waits_shows_its_attempts_and_is_tried_now_or_given_up(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    with (
        mail_server(refuse={"old@example.com": "451 4.7.1 later"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        schedule = make_schedule(services, admin, recipients=("ann@example.com", "old@example.com"))
        run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.PENDING

        async def play() -> None:
            await sign_in(admin, acme)
            await tab.do(HistoryState.show, schedule.id)
            table, details = await tab.state(RunTable), await tab.state(OpenedRun)
            waiting = table.rows[0]
            assert (waiting.waits, waiting.waits_after) == ("Will retry", " (attempt 2 of 9)")
            assert waiting.waits_at
            await tab.do(HistoryState.unfold, run.id)
            assert (
                details.detail.can_retry,
                details.detail.can_resend,
                details.detail.can_cancel,
            ) == (
                True,
                False,
                True,
            )
            assert details.detail.hint == run_errors.WAITS
            assert [(a.number, a.word) for a in details.attempts] == [
                ("Attempt 1", "Temporary failure")
            ]
            assert "451 4.7.1 later" in details.attempts[0].error
            question = await confirmed(tab, SendQuestion.ask_retry, schedule.id, run.id)
            assert (question.title, question.options) == ("Retry “Weekly numbers” now?", [])
            assert question.text.startswith("1 email to old@example.com. Those who already have")
            assert (table.rows[0].waits, details.detail.can_retry) == ("", False)
            await asyncio.to_thread(lambda: execute(services, claim(services)))
            await tab.do(HistoryState.again)
            assert [a.number for a in details.attempts] == ["Attempt 1", "Attempt 2"]
            await tab.do(OpenedRun.give_up)
            assert table.rows[0].status == "partial"
            assert "stopped retrying" in details.detail.raw
            await call(services.run_actions.resend, schedule.id, run.id)
            await asyncio.to_thread(lambda: execute(services, claim(services)))
            await tab.do(HistoryState.again)
            assert [a.number for a in details.attempts] == ["Attempt 1", "Attempt 2", "Attempt 3"]
            assert (table.rows[0].attempts, table.rows[0].waits_after) == (
                "attempt 3",
                " (attempt 4 of 11)",
            )

        asyncio.run(play())
    assert len(server.messages) == 1


def test_a_refused_address_is_replaced_and_gets_the_file(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, picky: MailServer
) -> None:
    schedule = make_schedule(services, admin, recipients=("ann@example.com", "old@example.com"))
    run = trigger_and_execute(services, admin, schedule)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        details, asked = await tab.state(OpenedRun), await tab.state(ReplacementState)
        assert [(d.target, d.can_replace) for d in details.deliveries] == [
            ("old@example.com", True),
            ("ann@example.com", False),
        ]
        await tab.do(ReplacementState.ask, "old@example.com")
        await tab.do(ReplacementState.set_address, "nobody")
        await tab.do(ReplacementState.replace)
        assert (asked.target, asked.error != "") == ("old@example.com", True)
        await tab.do(ReplacementState.set_address, "new@gmial.com")
        assert (asked.error, asked.doubt) == ("", "Did you mean new@gmail.com?")
        await tab.do(ReplacementState.set_address, "new@gmail.com")
        await tab.do(ReplacementState.replace)
        assert (asked.target, asked.address, (await tab.state(RunTable)).rows[0].status) == (
            "",
            "",
            "pending",
        )
        assert await tab.texts() == ["old@example.com was replaced. The file is being sent"]
        await asyncio.to_thread(lambda: execute(services, claim(services)))
        await tab.do(ScheduledExports.refresh)
        assert [(d.target, d.word, d.can_replace) for d in details.deliveries] == [
            ("old@example.com", "Not sent", False),
            *[(address, "Accepted", False) for address in ("ann@example.com", "new@gmail.com")],
        ]
        await tab.do(ReplacementState.ask, "ann@example.com")
        await tab.do(HistoryState.unfold, run.id)
        assert asked.target == ""

    asyncio.run(play())
    assert [m.rcpt_tos for m in picky.messages] == [["ann@example.com"], ["new@gmail.com"]]


def test_messages_of_which_nobody_knows_are_settled_by_a_word(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    with (
        mail_server(vanish=frozenset({"lost@example.com"})) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        schedule = make_schedule(
            services, admin, recipients=("ann@example.com", "lost@example.com"), on_unknown="hold"
        )
        run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.PARTIAL

        async def play() -> None:
            await sign_in(admin, acme)
            await tab.do(HistoryState.show, schedule.id)
            table, details = await tab.state(RunTable), await tab.state(OpenedRun)
            assert (details.detail.unknown, details.detail.can_resend) == (1, True)
            assert [d.advice for d in details.deliveries] == [delivery_advice.UNKNOWN, ""]
            await tab.do(OpenedRun.arrived)
            assert (table.rows[0].status, details.detail.unknown) == ("completed", 0)
            assert {d.status for d in details.deliveries} == {"accepted"}

        asyncio.run(play())


def test_a_backfill_to_the_caller_names_the_times_that_it_is_for(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)  # on Mondays
    days = date(2026, 2, 9), date(2026, 2, 9)
    (test,) = services.backfill.run(admin, schedule.id, *days, to=SendTo.CALLER).runs

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        (row,) = (await tab.state(RunTable)).rows
        assert row.how == "Test for 9 Feb 2026, 09:00 (Europe/Berlin) · Admin"
        assert row.at == iso(test.as_of)

    asyncio.run(play())


def test_past_times_are_counted_run_once_and_refused_at_their_field(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)  # on Mondays

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        past, table = await tab.state(BackfillState), await tab.state(RunTable)
        await tab.do(BackfillState.ask)
        assert past.errors == {"start": "Choose a date", "end": "Choose a date"}
        await tab.do(BackfillState.set_start, "2026-02-02")
        assert (past.errors, past.message) == ({}, "")
        await tab.do(BackfillState.set_end, "2026-02-01")
        assert set(past.errors) == {"end"}
        await tab.do(BackfillState.set_end, "2026-02-16")
        assert (past.count, past.errors) == (3, {})
        assert past.message.startswith("3 runs will be created")
        await confirmed(tab, BackfillState.ask)
        assert [(r.how, r.status) for r in table.rows] == [
            (f"Backfill for {day} Feb 2026, 09:00 (Europe/Berlin) · Admin", "pending")
            for day in (16, 9, 2)
        ]
        assert (past.count, past.message) == (
            0,
            "All scheduled times on these dates already have a run.",
        )
        await tab.do(BackfillState.ask)
        assert not (await tab.state(SendQuestion)).is_open
        assert len(table.rows) == 3
        await tab.do(BackfillState.set_start, "2026-01-26")
        assert past.message.endswith("3 scheduled times on these dates already have a run.")
        other = make_schedule(services, admin, name="Another")
        await tab.do(HistoryState.show, other.id)
        assert (past.start, past.end, past.message, past.count) == ("", "", "", 0)

    asyncio.run(play())


def test_downloads_of_a_run_are_listed_and_its_links_revoked_after_a_question(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, picky: MailServer
) -> None:
    assert picky
    schedule = make_schedule(services, admin, recipients=("ann@example.com",), delivery="link")
    run = trigger_and_execute(services, admin, schedule)
    with request_context.use(RequestContext("192.0.2.7", device="curl/8.5.0")):
        services.download_log.fetch(admin, schedule.id, run.id)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        await tab.do(HistoryState.unfold, run.id)
        details, downloads = await tab.state(OpenedRun), await tab.state(FileDownloadsState)
        (row,) = downloads.rows
        assert (row.person, row.how) == (
            "Admin",
            "by API \N{MIDDLE DOT} from 192.0.2.7 \N{MIDDLE DOT} curl",
        )
        assert (downloads.heading, details.detail.can_revoke) == ("Downloaded 1 time", True)
        await tab.do(FileDownloadsState.revoke)  # without a question nothing happens
        assert the_run(services, run).links_revoked_at is None
        await tab.do(FileDownloadsState.ask, run.id)
        await tab.do(HistoryState.put_away)  # Escape closes the question alone
        assert (downloads.asking, (await tab.state(HistoryState)).schedule_id) == ("", schedule.id)
        await tab.do(FileDownloadsState.ask, run.id)
        await tab.do(FileDownloadsState.revoke)
        assert the_run(services, run).links_revoked_at is not None
        assert (downloads.asking, details.detail.can_revoke) == ("", False)
        assert "links were revoked on" in details.detail.sent
        assert await tab.texts() == ["This run's links no longer work"]
        await tab.do(HistoryState.unfold, run.id)
        assert (downloads.rows, downloads.run_id) == ([], "")

    asyncio.run(play())
