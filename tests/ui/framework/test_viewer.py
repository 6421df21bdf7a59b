"""What someone with the right to read may call, and what the pages then show them."""

import asyncio

from exports_app.domain.access import Permission, Principal, Role
from exports_app.services.core.records import Tenant
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.downloads import DownloadState
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.palette.state import PaletteState
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice
from exports_app.ui.pages.analytics.campaigns.state import CampaignsState
from exports_app.ui.pages.analytics.exports.state import ExportsState
from exports_app.ui.pages.scheduled_exports.all_runs.schedule_picker import SchedulePicker
from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns
from exports_app.ui.pages.scheduled_exports.as_code.state import YamlState
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.view_actions import ViewActions
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.framework.guarded import Guarded
from tests.world import Cast, make_schedule, sign_in, trigger_and_execute

READING = {
    CampaignsState: {"arrive", "refresh", "choose", "order", "pick", "clear"},
    ExportsState: {"refresh", "pick"},
    DownloadState: {"start"},
    HistoryState: {"show", "close", "put_away", "again", "unfold", "turn"},
    AllRuns: {"arrive", "step", "refresh", "choose", "clear", "turn", "unfold"},
    SchedulePicker: {"opened", "search"},
    YamlState: {"show", "close"},
    PaletteState: {"look"},
    ScheduleChoice: {"opened", "search", "toggle", "clear"},
    ListState: {"again", "search", "narrow", "clear", "order", "arrange", "turn", "tag"},
    ViewActions: {
        *(
            "choose",
            "ask",
            "type_name",
            "set_share",
            "dismiss",
            "submit",
            "confirm",
            "update",
            "set_shared",
        )
    },
    ScheduledExports: {"arrive", "step", "refresh"},
}
"""All actions that need the right to read, and no other: a new one is refused until it is here.
Views, keys and feeds are a person's own; the service asks for more where a view is shared."""
FORBIDDEN = "You do not have permission to do this"


def test_a_viewer_may_call_the_reading_actions_and_no_other(
    guarded: Guarded, services: Services, cast: Cast
) -> None:
    reading = {
        f"{state.get_full_name()}.{name}" for state, names in READING.items() for name in names
    }

    async def play() -> None:
        guarded.as_user(services, cast.viewer.user)
        let_through = {name for name in actions.rules() if await guarded.event(name) is None}
        assert let_through == reading | {
            name for name, rule in actions.rules().items() if rule.permission is None
        }
        notices = await guarded.tab.texts()
        assert set(notices) == {FORBIDDEN}

    asyncio.run(play())


def test_a_viewer_sees_what_an_admin_sees_and_may_change_none_of_it(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, cast: Cast, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, name="Weekly")
    run = trigger_and_execute(services, admin, schedule)

    async def seen(who: Principal) -> tuple[object, ...]:
        tab.root.router_data = {"asPath": f"/scheduled-exports/{schedule.id}?run={run.id}"}
        await sign_in(who, acme)
        for handler in (
            *(ScheduledExports.arrive, ScheduledExports.refresh),
            *(CampaignsState.arrive, CampaignsState.refresh, ExportsState.refresh),
        ):
            await tab.do(handler)
        listed, story = await tab.state(ListState), await tab.state(HistoryState)
        table, details = await tab.state(RunTable), await tab.state(OpenedRun)
        figures, health = await tab.state(CampaignsState), await tab.state(ExportsState)
        assert (listed.failed, story.failed, figures.failed, health.failed) == ("", "", "", "")
        assert [row.name for row in listed.rows] == ["Weekly"]
        return listed.rows, table.rows, details.deliveries, figures.cards, health.runs

    async def play() -> None:
        head, session = await tab.state(ScheduleState), await tab.state(SessionState)
        assert await seen(admin) == await seen(cast.viewer.who)
        assert (head.writes, session.may) == (False, [Permission.READ])
        assert await tab.texts() == []

    asyncio.run(play())


def test_a_viewer_downloads_a_file(
    services: Services, tab: Tab, admin: Principal, cast: Cast, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, schedule)
    secret = sign_in(services, cast.viewer.user)

    async def play() -> None:
        actions.begin(Actor(cast.viewer.who, secret, acme.id))
        await tab.do(DownloadState.start, schedule.id, run.id)
        assert (await tab.state(BrowserCommands)).fetch.startswith("/api/download/")

    asyncio.run(play())


def test_the_form_opens_only_where_its_reader_may_write(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
    globex: Tenant,
) -> None:
    """Who is an admin of one tenant and a viewer of another is let through by the Guard."""
    theirs = make_schedule(services, outsider, globex.id)
    both = Principal(admin.user_id, False, {acme.id: Role.ADMIN, globex.id: Role.VIEWER})

    async def play() -> None:
        draft, story = await tab.state(DraftState), await tab.state(HistoryState)
        head = await tab.state(ScheduleState)
        await sign_in(both, globex)
        for handler, value in (
            (EditorState.begin, ""),
            (EditorState.begin, theirs.id),
            (EditorState.begin_from, "weekly"),
            (EditorState.duplicate, theirs.id),
        ):
            await tab.do(handler, value)
            assert not draft.is_open
        assert await tab.texts() == [FORBIDDEN] * 4
        tab.root.router_data = {"asPath": "/scheduled-exports?new=campaigns"}
        await tab.do(ScheduledExports.arrive)
        assert not draft.is_open
        await tab.do(HistoryState.show, theirs.id)
        assert (story.gone, head.writes) == ("", False)
        (await tab.state(SessionState)).tenant_id = acme.id
        await tab.do(EditorState.begin, "")
        assert draft.is_open

    asyncio.run(play())
