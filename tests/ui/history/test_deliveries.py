"""What the history tells of each email of a run."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, registered, trigger_and_execute

ANN, BOB = "ann@example.com", "bob@example.com"
TOO_LARGE = "552 5.3.4 message too big for system"


def test_a_run_says_that_it_waits_for_the_mail_server(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN,))
    on_the_wire, answered = threading.Event(), threading.Event()

    def before(target: str) -> None:
        assert target == ANN
        on_the_wire.set()
        assert answered.wait(30)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        table = await tab.state(RunTable)
        assert table.rows[0].waits == "Waiting for the mail server"
        answered.set()

    with (
        mail_server() as server,
        registered(CHANNELS, WatchedEmail(server, before)),
        ThreadPoolExecutor(1) as pool,
    ):
        ran = pool.submit(trigger_and_execute, services, admin, schedule)
        assert on_the_wire.wait(30)
        asyncio.run(play())
        assert ran.result(30).status is RunStatus.COMPLETED


@pytest.mark.usefixtures("campaigns")
def test_where_emails_differ_in_form_each_says_its_own(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    """One mail server takes the file, another one refuses it as too large."""
    schedule = make_schedule(services, admin, format="xml", recipients=(ANN, BOB))
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        trigger_and_execute(services, admin, schedule)
        size = len(server.wait_for(2)[0].raw)
    with (
        mail_server(limits={BOB: (size - 100, TOO_LARGE)}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.COMPLETED

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        details = await tab.state(OpenedRun)
        await tab.do(HistoryState.unfold, run.id)
        assert details.detail.sent == (
            "Sent attached to 1 and attached as ZIP to 1: the mail server refused larger messages"
        )
        forms = {d.target: d.form.split(",")[0] for d in details.deliveries}
        assert forms == {ANN: "attached", BOB: "attached as ZIP"}

    asyncio.run(play())
