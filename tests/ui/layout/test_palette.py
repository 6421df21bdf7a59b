"""The command palette: what it finds, and the commands it offers."""

import asyncio
from dataclasses import replace

from exports_app import plugins
from exports_app.domain.access import Permission, Principal
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.service import new_run
from exports_app.ui.framework.page import PAGES
from exports_app.ui.layout.palette.state import MOST, PaletteState
from exports_app.ui.layout.palette.view import commands
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, uuid_of


def test_it_finds_schedules_of_the_tenant_by_words_in_any_order(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
) -> None:
    made = make_schedule(services, admin, name="Zürich weekly", is_active=False)
    make_schedule(services, outsider, name="Weekly Zürich of others")

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(PaletteState.look, "weekly zurich")
        palette = await tab.state(PaletteState)
        (found,) = palette.found
        assert (found.kind, found.title, found.note) == ("schedule", "Zürich weekly", "Paused")
        assert found.href == f"/scheduled-exports/{made.id}"
        assert palette.asked == "weekly zurich"
        await tab.do(PaletteState.look, "nothing has this")
        assert palette.found == []

    asyncio.run(play())


def test_it_shows_a_few_of_many(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    for number in range(MOST + 1):
        make_schedule(services, admin, name=f"Report {number}")

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(PaletteState.look, "report")
        names = [found.title for found in (await tab.state(PaletteState)).found]
        assert names == [f"Report {number}" for number in range(MOST)]

    asyncio.run(play())


def test_it_finds_a_run_by_its_id_and_shows_what_failed_last(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
) -> None:
    now = services.clock()

    def fail(who: Principal, name: str) -> str:
        schedule = make_schedule(services, who, name=name)
        run = new_run(schedule, Trigger.SCHEDULE, now, created_at=now)
        failed = replace(run, status=RunStatus.FAILED, completed_at=now)
        with services.store.write() as tx:
            tx.runs.add(failed)
        return run.id

    own, foreign = fail(admin, "Broken"), fail(outsider, "Theirs")

    async def play() -> None:
        await sign_in(admin, acme)
        palette = await tab.state(PaletteState)
        for asked in ("", own):
            await tab.do(PaletteState.look, asked)
            (found,) = palette.found
            assert (found.kind, found.title, found.note) == ("run", "Broken", "Failed")
            assert found.href == f"/runs/{own}"
            assert found.at == now.isoformat()
        for asked in (foreign, uuid_of(7)):
            await tab.do(PaletteState.look, asked)
            assert palette.found == []

    asyncio.run(play())


def test_commands_name_the_permission_that_they_need(tab: Tab) -> None:
    plugins.load("exports_app.ui.pages")
    offered = {command["title"]: command for command in commands()}
    assert offered["New scheduled export"]["needs"] == str(Permission.WRITE)
    assert offered["Audit log"]["needs"] == str(Permission.MANAGE)
    assert offered["Users"]["needs"] == str(Permission.OPERATE)
    assert offered["Account"]["needs"] == ""
    assert offered["Audit log"]["note"] == "Settings"
    routes = {page.link for page in PAGES}
    opened = {command["href"].split("?")[0] for command in commands() if "href" in command}
    assert opened <= routes
    keys = [(command["kind"], command["key"]) for command in commands()]
    assert len(keys) == len(set(keys))
    assert not {"Sign in", "Not found", "Invitation"} & offered.keys()
    assert tab
