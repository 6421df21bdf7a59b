"""The command palette: what it finds, and the commands it offers."""

import asyncio
from dataclasses import replace

import pytest

from exports_app import plugins
from exports_app.domain.access import Permission, Principal
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.service import new_run
from exports_app.services.schedules.view_filters import ViewFilters
from exports_app.ui.components.run_words import nominal
from exports_app.ui.framework.page import PAGES
from exports_app.ui.layout.palette.actions import ACTIONS
from exports_app.ui.layout.palette.state import ACTS, MOST, PaletteState
from exports_app.ui.layout.palette.view import commands, of_schedule
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule, runs_of, stored, uuid_of


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


def test_names_come_before_what_is_found_elsewhere(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    for number in range(MOST):
        make_schedule(services, admin, name=f"Books {number}", description="Every week")
    make_schedule(services, admin, name="Weekly report")

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(PaletteState.look, "week")
        names = [found.title for found in (await tab.state(PaletteState)).found]
        assert names == ["Weekly report", *(f"Books {number}" for number in range(MOST - 1))]

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
        for asked in ("", own, own[:6], own[:14].replace("-", "").upper()):
            await tab.do(PaletteState.look, asked)
            (found,) = palette.found
            assert (found.kind, found.title, found.note) == ("run", "Broken", "Failed")
            assert found.href == f"/runs/{own}"
            assert found.at == now.isoformat()
        for asked in (own[:5], foreign, foreign[:6], uuid_of(7), f"{own[:6]}%"):
            await tab.do(PaletteState.look, asked)
            assert palette.found == []

    asyncio.run(play())


def test_it_says_which_run_was_a_test(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule, now = make_schedule(services, admin), services.clock()
    run = new_run(schedule, Trigger.TEST, now, created_at=now)
    with services.store.write() as tx:
        tx.runs.add(replace(run, status=RunStatus.FAILED, completed_at=now))

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(PaletteState.look, "")
        assert [found.note for found in (await tab.state(PaletteState)).found] == ["Failed test"]

    asyncio.run(play())


def test_it_shows_which_time_a_backfill_makes_up_for_and_no_runs_of_deleted_ones(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule, now = make_schedule(services, admin, name="Broken"), services.clock()
    run = new_run(schedule, Trigger.BACKFILL, now, created_at=now, scheduled_for=now)
    with services.store.write() as tx:
        tx.runs.add(replace(run, status=RunStatus.FAILED, completed_at=now))

    async def play() -> None:
        await sign_in(admin, acme)
        palette = await tab.state(PaletteState)
        await tab.do(PaletteState.look, run.id[:8])
        assert palette.found[0].note == f"Failed {nominal(run)}"
        services.schedules.delete(admin, schedule.id)
        await tab.do(PaletteState.look, run.id[:8])
        assert palette.found == []

    asyncio.run(play())


def test_it_lists_the_saved_views_that_may_be_seen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
) -> None:
    save = services.saved_views.create
    mine = save(admin, acme.id, "Größe über alles", ViewFilters(state="paused"))
    save(super_admin, acme.id, "Hidden grosse", ViewFilters())
    shared = save(super_admin, acme.id, "Of all", ViewFilters(), is_shared=True)

    async def play() -> None:
        await sign_in(admin, acme)
        palette = await tab.state(PaletteState)
        await tab.do(PaletteState.look, "UBER grosse")
        (found,) = palette.found
        assert (found.kind, found.key, found.note) == ("view", mine.id, "")
        assert found.href == f"/scheduled-exports?view={mine.id}"
        await tab.do(PaletteState.look, "")
        assert [(f.key, f.note) for f in palette.found] == [(mine.id, ""), (shared.id, "Shared")]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("page", "elsewhere"), [("/scheduled-exports", False), ("/settings/audit", True)]
)
def test_it_does_things_with_a_schedule_from_any_page(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    page: str,
    elsewhere: bool,
) -> None:
    plugins.load("exports_app.ui.pages")
    schedule = make_schedule(services, admin, name="Weekly")

    async def play() -> None:
        await sign_in(admin, acme)
        tab.root.router_data = {"asPath": page, "pathname": page}
        asked = await tab.do(PaletteState.act, "run", schedule.id)
        assert (asked is not None) == elsewhere, "to a page that has the question"
        question = await tab.state(SendQuestion)
        assert (question.is_open, "Weekly" in question.title) == (True, True)
        begun = await tab.do(PaletteState.act, "edit", schedule.id)
        assert any("_redirect" in str(event) for event in begun) == elsewhere
        draft = await tab.state(DraftState)
        assert (draft.is_open, draft.schedule_id) == (True, schedule.id)
        await tab.do(PaletteState.act, "pause", schedule.id)
        assert not stored(services, schedule).is_active
        notice = (await tab.notices())[-1]
        assert (notice.text, notice.undo) == ("“Weekly” paused", True)
        await tab.do(PaletteState.act, "activate", schedule.id)
        assert stored(services, schedule).is_active
        await tab.do(PaletteState.act, "delete", schedule.id)
        assert (await tab.texts())[-1].startswith("This does not exist")

    asyncio.run(play())
    assert runs_of(services, schedule) == []


def test_a_verb_and_a_name_find_the_action(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast
) -> None:
    plugins.load("exports_app.ui.pages")
    flood = make_schedule(services, cast.admin.who, name="Flood weekly")
    make_schedule(services, cast.admin.who, name="Dry weekly", is_active=False)
    make_schedule(services, cast.admin.who, name="Run of the mill", description="weekly")

    async def found(asked: str) -> list[tuple[str, str]]:
        await tab.do(PaletteState.look, asked)
        return [(each.title, each.act) for each in (await tab.state(PaletteState)).found]

    async def play() -> None:
        await sign_in(cast.admin.who, cast.acme)
        assert await found("pause flood") == [("Pause “Flood weekly”", "pause")]
        assert await found("PAU weekly") == [("Pause “Flood weekly”", "pause")]
        assert await found("resume weekly") == [("Activate “Dry weekly”", "activate")]
        assert await found("edit dry") == [("Edit “Dry weekly”", "edit")]
        run = [("Run “Dry weekly” now …", "run"), ("Run “Flood weekly” now …", "run")]
        assert await found("run weekly") == [*run, ("Run of the mill", "")]
        assert (await found("run mill"))[0] == ("Run of the mill", "")  # its name comes first
        for asked in ("pause", "pa flood", "pause dry", "delete flood"):
            assert not any(act for _, act in await found(asked))
        await tab.do(PaletteState.look, "pause flood")
        (each,) = (await tab.state(PaletteState)).found
        assert (each.of, each.act in ACTIONS) == (flood.id, True)
        await sign_in(cast.viewer.who, cast.acme)
        assert await found("pause flood") == await found("activate dry") == []

    asyncio.run(play())


def test_what_is_done_with_a_schedule_is_known_and_needs_the_right_to_write(tab: Tab) -> None:
    plugins.load("exports_app.ui.pages")
    offered = [command for command in of_schedule() if "act" in command]
    assert {command["act"] for command in offered} == set(ACTIONS) == set(ACTS)
    assert {command["needs"] for command in offered} == {str(Permission.WRITE)}
    assert tab


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
