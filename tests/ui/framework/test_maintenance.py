"""What a page says of maintenance."""

import asyncio

from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.ui.asking import confirmed
from tests.ui.conftest import SignIn, Tab
from tests.ui.framework.guarded import REFRESH, Guarded
from tests.world import Cast, make_schedule


def test_a_refresh_brings_it_and_takes_it_away(
    guarded: Guarded, services: Services, cast: Cast
) -> None:
    async def shown() -> tuple[bool, str]:
        await guarded.event(REFRESH)
        session = await guarded.tab.state(SessionState)
        return session.maintenance, session.maintenance_reason

    async def play() -> None:
        guarded.as_user(services, cast.viewer.user)
        assert await shown() == (False, "")
        services.maintenance.begin("new <b>disks</b>")
        services.maintenance.look()
        assert await shown() == (True, "new <b>disks</b>")
        services.maintenance.end()
        services.maintenance.look()
        assert await shown() == (False, "")

    asyncio.run(play())


def test_whoever_starts_a_run_is_told_that_it_waits(
    tab: Tab, sign_in: SignIn, services: Services, cast: Cast, mail: MailServer
) -> None:
    async def play() -> None:
        schedule = make_schedule(services, cast.admin.who, name="Weekly")
        await sign_in(cast.admin.who, cast.acme)
        services.maintenance.begin("")
        services.maintenance.look()
        await confirmed(tab, SendQuestion.ask_run, schedule.id)
        await tab.do(ScheduleActions.test, schedule.id)
        (await tab.state(Selection)).take({schedule.id: schedule.name})
        await confirmed(tab, SendQuestion.ask_selected)
        run, test, several = await tab.texts()
        assert run == "“Weekly” runs when maintenance is over"
        assert test == f"The test will be sent to {cast.admin.user.email} when maintenance is over"
        assert several == "1 scheduled export will run when maintenance is over"

    asyncio.run(play())
