"""What was typed and not saved: closing asks for it, and it comes back after a reload."""

import asyncio
import json

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.editor.conflict import ConflictState
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import only_schedule, opened, put
from tests.world import make_schedule, stored


def test_closing_asks_only_where_something_would_be_lost(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        draft, editor = (
            await opened(tab, sign_in, admin, acme, schedule.id),
            await tab.state(EditorState),
        )
        await tab.do(EditorState.set_open, False)
        assert (draft.is_open, editor.asking) == (False, False)
        await tab.do(EditorState.begin, schedule.id)
        await put(tab, name="Other")
        await tab.do(EditorState.set_open, False)
        assert (draft.is_open, editor.asking) == (True, True)
        await tab.do(EditorState.stay)
        assert (draft.is_open, editor.asking) == (True, False)
        await put(tab, name=schedule.name)
        await tab.do(EditorState.set_open, False)
        assert not draft.is_open
        await tab.do(EditorState.begin, schedule.id)
        await put(tab, name="Other")
        await tab.do(EditorState.set_open, False)
        await tab.do(EditorState.set_open, False)  # Escape or Back, which answers the question
        assert (draft.is_open, editor.asking) == (True, False)
        await tab.do(EditorState.set_open, False)
        await tab.do(EditorState.drop_changes)
        assert not draft.is_open
        await tab.do(EditorState.set_open, False)  # pressed twice
        assert not draft.is_open
        await tab.do(EditorState.begin, schedule.id)
        assert (draft.is_open, editor.asking) == (True, False)

    asyncio.run(play())
    assert stored(services, schedule).name == schedule.name


def test_a_kept_form_comes_back_and_nonsense_does_not(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Half done", schedule="0 8 * * *")
        await tab.do(Fields.add_recipients, "ann@example.com, boss@exa_mple")
        kept = draft.kept
        later = Tab()
        await sign_in(admin, acme)
        await later.do(SessionState.enter)
        for nonsense in ("", "{}", "[1]", "null", json.dumps({"values": 1}), "x" * 10_000):
            await later.do(EditorState.restore, nonsense)
            assert not (await later.state(DraftState)).is_open
        await later.do(EditorState.restore, kept)
        back = await later.state(DraftState)
        assert (back.values["name"], back.values["schedule"], back.dirty) == (
            "Half done",
            "0 8 * * *",
            True,
        )
        assert [(c.text, bool(c.error)) for c in back.chips] == [
            ("ann@example.com", False),
            ("boss@exa_mple", True),
        ]
        await later.do(EditorState.begin, "")  # a key that was pressed for the form before
        assert back.values["name"] == "Half done"

    asyncio.run(play())
    assert services


def test_a_form_comes_back_with_what_was_typed_without_a_server(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    made = make_schedule(services, admin, acme.id)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(EditorState.begin, made.id)
        kept = json.loads((await tab.state(DraftState)).kept)
        kept["values"]["name"], kept["unfinished"] = "Typed on", "cat@exam"
        del kept["dirty"]  # as an older version kept it
        services.schedules.update(admin, made.id, {"description": "by another, meanwhile"})
        later = Tab()
        await sign_in(admin, acme)
        await later.do(SessionState.enter)
        await later.do(EditorState.restore, json.dumps(kept))
        back = await later.state(DraftState)
        assert (back.values["name"], back.unfinished, back.dirty, back.unsettled) == (
            "Typed on",
            "cat@exam",
            True,
            True,
        )
        # What it was a change of is not known: each field that differs is asked about
        shown = (await later.state(ConflictState)).differences
        assert {one.name: (one.theirs, one.choice) for one in shown} == {
            "name": (made.name, ""),
            "description": ("by another, meanwhile", ""),
        }

    asyncio.run(play())


def test_an_untouched_form_comes_back_untouched(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    made = make_schedule(
        services, admin, acme.id, recipients=["ann@example.com", "bob@example.com"]
    )

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(SessionState.enter)
        await tab.do(EditorState.begin, made.id)
        kept = (await tab.state(DraftState)).kept
        later = Tab()
        await sign_in(admin, acme)
        await later.do(SessionState.enter)
        await later.do(EditorState.restore, kept)
        back = await later.state(DraftState)
        assert (back.is_open, back.schedule_id, back.dirty) == (True, made.id, False)
        assert await later.notices() == []
        await later.do(EditorState.set_open, False)
        assert not back.is_open

    asyncio.run(play())


def test_a_form_belongs_to_the_tenant_it_was_begun_in(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, globex: Tenant
) -> None:
    both = Principal(admin.user_id, roles={acme.id: Role.ADMIN, globex.id: Role.ADMIN})

    async def play() -> None:
        draft = await opened(tab, sign_in, both, acme)
        await put(tab, name="Of Acme")
        await tab.do(Fields.add_recipients, "ann@example.com")
        kept = draft.kept
        session = await tab.state(SessionState)
        session.tenant_id = globex.id
        await tab.do(ScheduledExports.arrive)
        assert not draft.is_open
        await tab.do(EditorState.restore, kept)
        assert not draft.is_open
        session.tenant_id = acme.id
        await tab.do(ScheduledExports.arrive)
        await tab.do(EditorState.restore, kept)
        assert draft.is_open
        session.tenant_id = globex.id  # whatever changed it
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).tenant_id == acme.id


def test_an_address_opens_the_form_with_its_filters_once(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    """In the place of a form that was left open; but not of one that is not saved."""
    address = "/scheduled-exports?new=aggregate&period=last_7_days&group_by=week"
    made = make_schedule(services, admin, name="Stored")

    async def play() -> None:
        await sign_in(admin, acme)
        tab.root.router_data = {"asPath": address, "pathname": "/scheduled-exports"}
        draft = await tab.state(DraftState)
        await tab.do(EditorState.begin, made.id)
        await tab.do(ScheduledExports.arrive)
        assert (draft.schedule_id, draft.values["export_type"], draft.values["period"]) == (
            "",
            "aggregate",
            "last_7_days",
        )
        assert draft.values["group_by"] == "week"
        assert (await tab.state(BrowserCommands)).address == "/scheduled-exports"
        draft.is_open = False
        tab.root.router_data = {"asPath": "/scheduled-exports", "pathname": "/scheduled-exports"}
        await tab.do(ScheduledExports.arrive)
        assert not draft.is_open

        await tab.do(EditorState.begin, made.id)
        draft.put("name", "Not saved yet")
        tab.root.router_data = {"asPath": address, "pathname": "/scheduled-exports"}
        await tab.do(ScheduledExports.arrive)
        assert (draft.schedule_id, draft.values["name"]) == (made.id, "Not saved yet")
        assert (await tab.texts())[-1].startswith("You have unsaved changes")
        assert (await tab.state(BrowserCommands)).address == "/scheduled-exports"

    asyncio.run(play())
