"""The question before runs are started."""

import asyncio
from dataclasses import replace

import pytest
import reflex as rx

from exports_app.domain.access import Principal, Role
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Membership, Tenant
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.session import OF_TENANT, SessionState
from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns
from exports_app.ui.pages.scheduled_exports.as_code.state import YamlState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.history.backfill import BackfillState
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.organizing import TRANSFER, Organizing
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.view_actions import SAVE, ViewActions
from exports_app.ui.pages.scheduled_exports.sending.state import CHANGED, SendQuestion
from exports_app.ui.websockets.tab_states import kinds
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.ui.asking import confirmed
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import Cast, claim, execute, make_schedule, runs_of
from tests.world import sign_in as session_of

ANN, BOB, CY = "ann@example.com", "bob@example.com", "cy@example.com"


def test_it_says_how_many_emails_go_to_whom_and_cancelling_sends_nothing(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    mail: MailServer,
) -> None:
    schedule = make_schedule(services, admin, name="Weekly", recipients=(ANN, BOB))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(SendQuestion.ask_run, schedule.id)
        question = await tab.state(SendQuestion)
        assert (question.is_open, question.title) == (True, "Run “Weekly” now?")
        assert [(option.key, option.note) for option in question.options] == [
            ("recipients", f"2 emails to 2 people: {ANN}, {BOB}"),
            ("me", "1 email to admin@example.com, marked as a test"),
            ("nobody", "The file is created and kept in the history"),
        ]
        await tab.do(SendQuestion.cancel)
        assert not question.is_open
        await tab.do(SendQuestion.confirm)  # nothing is asked any more

    asyncio.run(play())
    assert runs_of(services, schedule) == mail.messages == []


@pytest.mark.parametrize(
    ("to", "trigger", "recipients"),
    [
        (SendTo.RECIPIENTS, Trigger.MANUAL, [ANN]),
        (SendTo.CALLER, Trigger.TEST, ["admin@example.com"]),
        (SendTo.NOBODY, Trigger.MANUAL, []),
    ],
)
def test_the_run_goes_to_whom_was_chosen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    mail: MailServer,
    to: SendTo,
    trigger: Trigger,
    recipients: list[str],
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN,))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        await confirmed(tab, SendQuestion.ask_run, schedule.id, to=to)
        await asyncio.to_thread(lambda: execute(services, claim(services)))
        await tab.do(HistoryState.again)
        (row,) = (await tab.state(RunTable)).rows
        assert ("not sent" in row.how) == (to is SendTo.NOBODY)
        await tab.do(HistoryState.unfold, row.id)
        told = (await tab.state(OpenedRun)).detail.no_emails
        assert told == ("Not sent: it was started without sending." if not recipients else "")

    asyncio.run(play())
    (run,) = runs_of(services, schedule)
    assert (run.trigger, run.status) == (trigger, RunStatus.COMPLETED)
    assert [to for message in mail.messages for to in message.rcpt_tos] == recipients


def test_more_than_ten_emails_need_their_number_typed(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, mail: MailServer
) -> None:
    six = tuple(f"p{i}@example.com" for i in range(6))
    schedules = [make_schedule(services, admin, name=name, recipients=six) for name in ("A", "B")]

    assert not mail.messages

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        picked = await tab.state(Selection)
        picked.take({schedule.id: schedule.name for schedule in schedules})
        await tab.do(SendQuestion.ask_selected)
        question = await tab.state(SendQuestion)
        assert (question.title, question.expected) == ("Run 2 scheduled exports now?", "12")
        assert question.text == "“A”, “B”."
        shown = "p0@example.com, p1@example.com, p2@example.com and 3 more"
        assert question.options[0].note == f"12 emails to 6 people: {shown}"
        for typed in ("", "6"):
            await tab.do(SendQuestion.type_number, typed)
            await tab.do(SendQuestion.confirm)
            assert question.is_open
        await tab.do(SendQuestion.choose, "nobody")
        assert question.expected == ""
        await tab.do(SendQuestion.choose, "recipients")
        await tab.do(SendQuestion.type_number, "12")
        await tab.do(SendQuestion.confirm)
        assert (await tab.texts())[-1] == "2 scheduled exports started"
        assert picked.count == 0

    asyncio.run(play())
    assert [len(runs_of(services, schedule)) for schedule in schedules] == [1, 1]


def test_it_asks_again_where_the_recipients_have_changed_meanwhile(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN,))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(SendQuestion.ask_run, schedule.id)
        services.schedules.update(admin, schedule.id, {"recipients": (ANN, BOB)})
        await tab.do(SendQuestion.confirm)
        question = await tab.state(SendQuestion)
        assert question.is_open
        assert question.text.startswith(CHANGED)
        assert runs_of(services, schedule) == []
        await tab.do(SendQuestion.confirm)
        assert not question.is_open

    asyncio.run(play())
    assert len(runs_of(services, schedule)) == 1


def test_a_backfill_counts_the_emails_of_all_its_runs(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, mail: MailServer
) -> None:
    schedule = make_schedule(services, admin, name="Weekly", recipients=(ANN, BOB, CY))

    assert not mail.messages

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        await tab.do(BackfillState.set_start, "2026-01-26")
        await tab.do(BackfillState.set_end, "2026-02-16")
        await tab.do(BackfillState.ask)
        question = await tab.state(SendQuestion)
        assert (question.title, question.expected) == ("Backfill 4 runs?", "12")
        assert question.options[0].note.startswith("12 emails to 3 people: ")
        await tab.do(SendQuestion.choose, "nobody")
        await tab.do(SendQuestion.confirm)
        assert (await tab.texts())[-1] == "4 runs queued"

    asyncio.run(play())
    assert [run.recipients for run in runs_of(services, schedule)] == [[]] * 4


def test_a_test_is_repeated_unasked_since_it_only_goes_to_who_asks(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    services.schedules.trigger(admin, schedule.id, SendTo.CALLER)
    old = execute(services, claim(services))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(SendQuestion.ask_rerun, schedule.id, old.id)
        assert not (await tab.state(SendQuestion)).is_open

    asyncio.run(play())
    assert [run.trigger for run in runs_of(services, schedule)] == [Trigger.TEST] * 2


def test_in_the_history_escape_closes_the_question_and_then_the_history(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        await tab.do(SendQuestion.ask_run, schedule.id)
        question, history = await tab.state(SendQuestion), await tab.state(HistoryState)
        await tab.do(HistoryState.put_away)
        assert (question.is_open, history.schedule_id) == (False, schedule.id)
        await tab.do(HistoryState.put_away)
        assert history.schedule_id == ""

    asyncio.run(play())
    assert runs_of(services, schedule) == []


def test_nothing_is_asked_where_nothing_is_selected(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        assert (await tab.state(Selection)).count == 0
        await tab.do(SendQuestion.ask_selected)
        assert not (await tab.state(SendQuestion)).is_open

    asyncio.run(play())
    assert services


def test_it_is_closed_when_the_tab_shows_another_tenant(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast
) -> None:
    with services.store.write() as tx:
        tx.users.join(Membership(cast.admin.user.id, cast.globex.id, Role.ADMIN))
    roles = dict.fromkeys((cast.acme.id, cast.globex.id), Role.ADMIN)
    who = replace(cast.admin.who, roles=roles)
    schedule = make_schedule(services, who, tenant_id=cast.acme.id)

    async def play() -> None:
        await load(tab, sign_in, who, cast.acme)
        await tab.do(SendQuestion.ask_run, schedule.id)
        await tab.do(Organizing.ask, TRANSFER, schedule.id)
        await tab.do(Organizing.choose_owner, who.user_id)
        await tab.do(ViewActions.ask, SAVE)
        await tab.do(YamlState.show, schedule.id)
        actions.begin(Actor(who, session_of(services, cast.admin.user), cast.acme.id))
        await tab.do(SessionState.switch, cast.globex.id)
        assert not (await tab.state(SendQuestion)).is_open
        assert (await tab.state(Organizing)).asking == ""
        assert (await tab.state(ViewActions)).asking == ""
        assert (await tab.state(YamlState)).text == ""
        for handler in (SendQuestion.confirm, Organizing.confirm, ViewActions.confirm):
            await tab.do(handler)
        assert await tab.texts() == []

    asyncio.run(play())
    assert runs_of(services, schedule) == []


def test_questions_are_closed_where_another_page_is_opened(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def asking() -> tuple[bool, str, bool]:
        view = (await tab.state(ViewActions)).asking
        return (await tab.state(SendQuestion)).is_open, view, (await tab.state(YamlState)).is_open

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(SendQuestion.ask_run, schedule.id)
        await tab.do(ViewActions.ask, SAVE)
        await tab.do(YamlState.show, schedule.id)
        await load(tab, sign_in, admin, acme)  # the tab was only disconnected
        assert await asking() == (True, SAVE, True)
        tab.root.router_data = {"asPath": "/runs", "pathname": "/runs"}
        await tab.do(AllRuns.arrive)
        assert await asking() == (False, "", False)
        await tab.do(SendQuestion.ask_run, schedule.id)
        await load(tab, sign_in, admin, acme)
        assert await asking() == (False, "", False)
        await tab.do(SendQuestion.ask_run, schedule.id)
        await tab.do(SessionState.enter)
        assert await asking() == (True, "", False)
        tab.root.router_data = {"asPath": "/settings/feeds", "pathname": "/settings/feeds"}
        await tab.do(SessionState.enter)
        assert await asking() == (False, "", False)

    asyncio.run(play())


def test_every_state_with_a_question_of_a_tenant_is_closed_with_it() -> None:
    """But the form, which asks for itself, and settings, which ask who is shown first."""
    pages = "exports_app.ui.pages.scheduled_exports"
    asking = {
        state
        for state in kinds(rx.State)
        if state.__module__.startswith(pages) and "asking" in state.get_fields()
    }
    assert {SendQuestion, *asking} - {EditorState} <= set(OF_TENANT)
