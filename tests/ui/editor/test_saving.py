"""What the form stores, and the errors at its fields."""

import asyncio
from datetime import date
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    SchedulePanel,
)
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import only_schedule, opened, put
from tests.world import make_schedule, runs_of, stored


def test_a_new_one_begins_in_the_tenants_zone_and_is_created(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        assert draft.values["timezone"] == "Europe/Berlin"
        assert not draft.dirty
        await put(tab, name="Mine", schedule="0 8 * * *", period="yesterday", format="csv")
        await tab.do(
            Fields.add_recipients, "Ann <ann@example.com>, bob@example.com; ANN@example.com\n"
        )
        assert draft.dirty
        await tab.do(EditorState.save)
        assert draft.errors == {}
        assert not draft.is_open
        assert await tab.texts() == ["“Mine” saved"]

    asyncio.run(play())
    made = only_schedule(services)
    assert (made.name, made.schedule, made.format, made.filters) == (
        "Mine",
        "0 8 * * *",
        "csv",
        {"period": "yesterday"},
    )
    assert made.recipients == ["ann@example.com", "bob@example.com"]
    assert made.tenant_id == acme.id


def test_what_is_left_alone_is_stored_as_the_form_began(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await opened(tab, sign_in, admin, acme)
        await put(tab, name="Plain", description=" \n ")
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)

    asyncio.run(play())
    made = only_schedule(services)
    assert (made.description, made.export_type, made.format, made.schedule) == (
        None,
        "campaigns",
        "excel",
        "0 9 * * 1",
    )
    assert (made.timezone, made.filters, made.when_empty) == (
        "Europe/Berlin",
        {"period": "previous_week"},
        "send",
    )
    assert made.is_active
    assert made.created_by == made.owner_id == admin.user_id


@pytest.mark.parametrize(
    "made",
    [
        {"filters": Filters()},
        {"filters": Filters(), "export_type": "aggregate"},
        {"filters": Filters(period="all", group_by="week"), "export_type": "aggregate"},
        {"filters": Filters(start_date=date(2026, 1, 1)), "description": "It says.\n\nMore"},
        {"filters": Filters(), "tags": ("b", "a"), "recipients": ("z@example.com", "a@a.example")},
        {"filters": Filters(), "schedule": "0  9 * * 1,3", "timezone": "Asia/Calcutta"},
    ],
)
def test_a_form_that_is_saved_unchanged_changes_nothing(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    made: dict[str, Any],
) -> None:
    schedule = make_schedule(services, admin, **made)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await tab.do(EditorState.save)
        assert draft.errors == {}

    asyncio.run(play())
    assert stored(services, schedule) == schedule
    entries, _ = services.audit.find(admin, acme.id, AuditFilter(), Page(1, 50))
    assert [e.action for e in entries if e.action.startswith("schedule.")] == ["schedule.created"]


def test_a_preset_fills_the_expression_and_a_typed_preset_is_chosen(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        panel = await tab.state(SchedulePanel)
        assert panel.preset == "weekly_monday"
        await tab.do(Fields.choose_preset, "0 */3 * * *")
        assert (draft.values["schedule"], panel.preset, panel.words) == (
            "0 */3 * * *",
            "every_3_hours",
            "Every 3 hours",
        )
        await put(tab, schedule=" 0  17 * * 5")
        assert panel.preset == "weekly_friday"
        await put(tab, schedule="5 17 * * 5")
        assert (panel.preset, len(panel.runs)) == ("custom", 5)
        await put(tab, schedule="5 17 * *")
        assert "five fields" in panel.problem
        await tab.do(Fields.choose_preset, "")
        assert (panel.preset, draft.focus.split("#")[0]) == ("custom", "repeats")

    asyncio.run(play())


def test_a_test_saves_first_and_goes_to_the_signed_in_user_alone(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await tab.do(EditorState.test)
        assert set(draft.errors) == {"name", "recipients"}
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.test)
        assert draft.is_open
        assert draft.schedule_id
        assert not draft.dirty
        assert await tab.texts() == [
            (
                "The test creates its file but sends nothing: no mail server is configured: "
                "set SMTP_HOST"
            )
        ]

    asyncio.run(play())
    (run,) = runs_of(services, only_schedule(services))
    assert (run.trigger, run.recipients) == (Trigger.TEST, ["admin@example.com"])


def test_a_duplicate_is_a_new_form_that_is_paused(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(
        services, admin, name="Weekly", recipients=("ann@example.com", "bob@example.com")
    )

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(EditorState.duplicate, schedule.id)
        draft = await tab.state(DraftState)
        assert (draft.schedule_id, draft.values["name"], draft.is_active) == (
            "",
            "Copy of Weekly",
            False,
        )
        assert [c.text for c in draft.chips] == ["ann@example.com", "bob@example.com"]
        await tab.do(EditorState.save)

    asyncio.run(play())
    with services.store.read() as tx:
        from exports_app.services.core.records import Page

        assert [s.name for s in tx.schedules.find(None, {}, "", Page(sort="name"))[0]] == [
            "Copy of Weekly",
            "Weekly",
        ]


def test_a_slug_is_made_of_the_name_or_chosen_and_never_emptied(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, slug="taken")
    schedule = make_schedule(services, admin, name="Mine")

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert draft.values["slug"] == "mine"
        await put(tab, slug="taken")
        await tab.do(EditorState.save)
        assert "another scheduled export" in draft.errors["slug"].lower()
        assert (draft.focus.partition("#")[0], "slug" in draft.unfold) == ("slug", True)
        await put(tab, slug=" ours ")
        await tab.do(EditorState.save)
        assert (stored(services, schedule).slug, draft.is_open) == ("ours", False)
        await tab.do(EditorState.begin, schedule.id)
        await put(tab, slug="", name="Renamed")
        await tab.do(EditorState.save)
        assert (stored(services, schedule).slug, draft.values["slug"]) == ("ours", "ours")
        await tab.do(EditorState.duplicate, schedule.id)
        assert draft.values["slug"] == ""
        await tab.do(EditorState.save)
        found, _ = services.schedules.find(admin, acme.id, {"slug": "copy-of-renamed"}, "", Page())
        assert len(found) == 1

    asyncio.run(play())
