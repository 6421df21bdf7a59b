"""Nothing on the pages mails someone else without a question: every place that sends is listed
here, and a new one fails until it is."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import exports_app
from exports_app.domain.access import Principal
from exports_app.domain.errors import RunError
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Action, Tenant
from exports_app.ui.layout.palette.state import PaletteState
from exports_app.ui.pages.scheduled_exports.history.backfill import BackfillState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import claim, make_schedule, registered, runs_of, trigger_and_execute

HOUSE = Path(exports_app.__file__).parent
SENDING = frozenset(
    {
        *(Action.RUN_TRIGGERED, Action.RUN_TESTED, Action.RUN_REPEATED),
        *(Action.RUN_BACKFILLED, Action.RUN_RESENT, Action.RUN_RETRIED),
    }
)
"""What a service notes when it queues messages."""
SILENT = frozenset(
    {
        *(Action.RUN_CANCELLED, Action.RUN_GIVEN_UP, Action.RUN_ACCEPTED),
        *(Action.RUN_LINKS_REVOKED, Action.RUN_DOWNLOADED),
    }
)
ASKED, ONESELF, OWN_FORM = "by SendQuestion", "to oneself alone", "in a form with its one address"
OTHER = "no export: its service has a method of the same name"
PLACES = {
    "SendQuestion._one": ASKED,
    "SendQuestion._backfill": ASKED,
    "ScheduleActions._bulk": ASKED,  # for a client, pausing, activating and deleting alone
    "ScheduleActions.send_test": ONESELF,
    "ReplacementState.replace": OWN_FORM,
    "DataState._apply": OTHER,
    "InvitationsState.resend": OTHER,
}
"""Where the pages call a service that sends."""


def functions(folder: str) -> Iterator[tuple[str, ast.AST]]:
    """With their names; of a class, after its name and a dot."""
    for path in (HOUSE / folder).rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield from (
                    (f"{node.name}.{one.name}", one)
                    for one in node.body
                    if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
                )
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, node


def notes(function: ast.AST) -> bool:
    """Whether it names an audit action that goes with messages."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {action.name for action in SENDING}
        and ast.unparse(node.value) == "Action"
        for node in ast.walk(function)
    )


def used(function: ast.AST, owner: str) -> set[str]:
    """The names of methods in it: ``owner.method`` as that, ``owner.something.method`` with a dot
    before."""
    texts = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    chains = [text.split(".")[1:] for text in texts if text.startswith(f"{owner}.")]
    return {"." * (len(chain) - 1) + chain[-1] for chain in chains if len(chain) <= 2}


def split(name: str) -> tuple[str, str]:
    """Of a function: its class, and its own name."""
    kind, _, own = name.rpartition(".")
    return kind, own


def sending_methods() -> set[str]:
    """Public methods of services that queue messages, themselves or through another one, with a dot
    before."""
    house = dict(functions("services"))
    sending = {name for name, function in house.items() if notes(function)}
    while True:
        anywhere = {f".{split(name)[1]}" for name in sending}
        more = set[str]()
        for name, function in house.items():
            beside = {split(one)[1] for one in sending if split(one)[0] == split(name)[0]}
            if used(function, "self") & (anywhere | beside):
                more.add(name)
        if more <= sending:
            return {name for name in anywhere if not name.startswith("._")}
        sending |= more


def test_every_place_on_the_pages_that_sends_is_listed() -> None:
    sending = sending_methods()
    assert {".trigger", ".rerun", ".resend", ".retry_now", ".run", ".replace", ".apply"} <= sending
    found = {name for name, function in functions("ui") if used(function, "services") & sending}
    assert found == PLACES.keys()


def test_a_new_kind_of_run_action_is_sorted_into_those_that_send() -> None:
    assert {action for action in Action if action.name.startswith("RUN_")} == SENDING | SILENT


QUESTIONS: dict[str, Any] = {
    "run now": lambda schedule, _run: (SendQuestion.ask_run, schedule.id),
    "run from the palette": lambda schedule, _run: (PaletteState.act, "run", schedule.id),
    "run the selected": lambda _schedule, _run: (SendQuestion.ask_selected,),
    "rerun": lambda schedule, run: (SendQuestion.ask_rerun, schedule.id, run.id),
    "resend": lambda schedule, run: (SendQuestion.ask_resend, schedule.id, run.id),
    "retry now": lambda schedule, run: (SendQuestion.ask_retry, schedule.id, run.id),
    "backfill": lambda _schedule, _run: (BackfillState.ask,),
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_asking_sends_nothing_and_says_to_whom(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, kind: str
) -> None:
    ann = "ann@example.com"
    code = "451 later" if kind == "retry now" else "550 no such user"
    with mail_server(refuse={ann: code}) as server, registered(CHANNELS, WatchedEmail(server)):
        schedule = make_schedule(services, admin, recipients=(ann,))
        run = trigger_and_execute(services, admin, schedule)

        async def play() -> None:
            await load(tab, sign_in, admin, acme)
            await tab.do(HistoryState.show, schedule.id)
            await tab.do(BackfillState.set_start, "2026-02-02")
            await tab.do(BackfillState.set_end, "2026-02-02")
            (await tab.state(Selection)).take({schedule.id: schedule.name})
            handler, *values = QUESTIONS[kind](schedule, run)
            await tab.do(handler, *values)
            question = await tab.state(SendQuestion)
            assert question.is_open
            said = " ".join([question.text, *(option.note for option in question.options)])
            assert f"1 email to {ann}" in said

        asyncio.run(play())
    assert runs_of(services, schedule) == [run]
    assert server.messages == []


def test_a_client_runs_nothing_by_the_other_actions_of_several(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        (await tab.state(Selection)).take({schedule.id: schedule.name})
        await tab.do(ScheduleActions.bulk, "run")

    asyncio.run(play())
    assert runs_of(services, schedule) == []


def test_a_retry_that_mails_nobody_is_not_asked_about(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    services.schedules.trigger(admin, schedule.id, SendTo.NOBODY)
    run = claim(services)
    services.run_endings.fail(run, RunError("the disk is busy", code="busy", permanent=False))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(SendQuestion.ask_retry, schedule.id, run.id)
        assert not (await tab.state(SendQuestion)).is_open

    asyncio.run(play())
    assert claim(services).id == run.id, "it does not wait any more"
