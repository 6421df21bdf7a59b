"""The form's logic, without a browser."""

import asyncio
import json
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.runs.states import Trigger
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.records import Campaign, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.editor import form, options
from exports_app.ui.pages.scheduled_exports.editor.advanced_view import advanced
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.pickers import CampaignPicker, ZonePicker
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    DataPanel,
    LetterPanel,
    SchedulePanel,
    _read,
)
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.view import editor_dialog
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, pause, registered, runs_of, stored


async def opened(
    tab: Tab, sign_in: SignIn, who: Principal, tenant: Tenant, schedule_id: str = ""
) -> DraftState:
    await sign_in(who, tenant)
    await tab.do(EditorState.begin, schedule_id)
    return await tab.state(DraftState)


async def put(tab: Tab, **values: str) -> None:
    for name, value in values.items():
        await tab.do(Fields.put, name, value)


def only_schedule(services: Services) -> Any:
    with services.store.read() as tx:
        from exports_app.services.core.records import Page

        found, _ = tx.schedules.find(None, {}, "", Page(sort="name"))
    (one,) = found
    return one


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
        assert await tab.texts() == ["“Mine” is saved"]

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
        await put(tab, name="Plain")
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
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"schedule": "not cron"}, "schedule"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"period": "dates"}, "start_date"),
        ({"period": "dates", "start_date": "yesterday"}, "start_date"),
        ({"period": "dates", "start_date": "2026-02-01", "end_date": "2026-01-01"}, "end_date"),
        ({"export_type": "campaign"}, "campaigns"),
        ({"export_type": "nope"}, "export_type"),
        ({"format": "pdf"}, "format"),
        ({"when_empty": "explode"}, "when_empty"),
        ({"description": "x" * 2001}, "description"),
        ({"overlap": "explode"}, "overlap"),
        ({"catch_up": "explode"}, "catch_up"),
        ({"catch_up": "all", "catch_up_hours": "0"}, "catch_up_hours"),
        ({"catch_up": "all", "catch_up_hours": "a week"}, "catch_up_hours"),
        ({"jitter_seconds": "3601"}, "jitter_seconds"),
        ({"pause_after": ""}, "pause_after"),
        ({"on_unknown": "explode"}, "on_unknown"),
        ({"retry_attempts": "51"}, "retry_attempts"),
        ({"retry_base_seconds": "-1"}, "retry_base_seconds"),
    ],
)
def test_an_error_stands_at_its_field_which_gets_the_focus(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    values: dict[str, str],
    field: str,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, **{"name": "Mine"} | values)
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)
        assert list(draft.errors) == [field]
        assert draft.errors[field][0].isupper()
        assert draft.focus.split("#")[0] == field
        assert draft.is_open
        await put(
            tab,
            **{
                field if field != "campaigns" else "export_type": form.EMPTY.get(field, "campaigns")
            },
        )
        if field != "campaigns":
            assert field not in draft.errors

    asyncio.run(play())
    with services.store.read() as tx:
        from exports_app.services.core.records import Page

        assert tx.schedules.find(None, {}, "", Page(sort="name"))[1] == 0


def test_a_bad_recipient_is_kept_to_be_mended(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "boss@example, ann@example.com")
        assert [(c.text, bool(c.error)) for c in draft.chips] == [
            ("boss@example", True),
            ("ann@example.com", False),
        ]
        await tab.do(EditorState.save)
        assert draft.focus.startswith("recipients#")
        await tab.do(Fields.mend_recipient, "boss@example")
        assert draft.mend.startswith("boss@example#")
        assert [c.text for c in draft.chips] == ["ann@example.com"]
        await tab.do(Fields.add_recipients, "boss@example.com")
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).recipients == ["ann@example.com", "boss@example.com"]


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
        assert (panel.preset, draft.focus.split("#")[0]) == ("custom", "schedule")

    asyncio.run(play())


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
        await tab.do(EditorState.drop_changes)
        assert (draft.is_open, editor.asking) == (False, False)

    asyncio.run(play())
    assert stored(services, schedule).name == schedule.name


def test_what_somebody_else_saved_meanwhile_is_said_and_can_be_loaded(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, name="Before")

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine")
        await asyncio.to_thread(services.schedules.update, admin, schedule.id, {"name": "Theirs"})
        await tab.do(EditorState.save)
        assert draft.stale
        assert draft.is_open
        await tab.do(EditorState.reload)
        assert (draft.values["name"], draft.stale, draft.dirty) == ("Theirs", False, False)
        await put(tab, name="Mine after all")
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert stored(services, schedule).name == "Mine after all"


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
            "The test makes its file, but sends nothing: no mail server is set: give SMTP_HOST"
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


POLICIES = {
    "overlap": "queue_one",
    "catch_up": "all",
    "catch_up_hours": 24,
    "jitter_seconds": 60,
    "pause_after": 0,
    "on_unknown": "hold",
    "retry_attempts": 3,
    "retry_base_seconds": 10,
}


def test_every_policy_is_set_here_and_a_duplicate_keeps_them(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)
    assert POLICIES.keys() <= options.ADVANCED

    def held() -> dict[str, Any]:
        now = stored(services, schedule)
        return {name: getattr(now, name) for name in POLICIES}

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert draft.unfold == ""
        assert draft.usual == {"retry_attempts": "9", "retry_base_seconds": "30"}
        await put(tab, **{name: str(value) for name, value in POLICIES.items()})
        await tab.do(EditorState.save)
        assert held() == POLICIES
        await tab.do(EditorState.duplicate, schedule.id)
        assert draft.unfold
        assert {name: draft.values[name] for name in POLICIES} == {
            name: str(value) for name, value in POLICIES.items()
        }
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.begin, schedule.id)
        await put(tab, retry_attempts="", retry_base_seconds=" ")
        await tab.do(EditorState.save)

    asyncio.run(play())
    assert held() == POLICIES | {"retry_attempts": None, "retry_base_seconds": None}


def test_a_field_that_is_not_shown_is_left_as_it_was(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, catch_up_hours=24, retry_base_seconds=7, link_days=3)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(
            tab,
            catch_up_hours="0",
            retry_attempts="1",
            retry_base_seconds="-",
            delivery="zip",
            link_days="x",
        )
        await tab.do(EditorState.save)
        assert draft.errors == {}

    asyncio.run(play())
    now = stored(services, schedule)
    assert (now.catch_up_hours, now.retry_attempts, now.retry_base_seconds) == (24, 1, 7)
    assert (now.delivery, now.link_days) == ("zip", 3)


def test_a_wrong_policy_unfolds_its_section_each_time_and_speaks_of_empty_fields(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="")
        await tab.do(EditorState.save)
        assert draft.unfold == ""
        await put(tab, retry_attempts="0")
        await tab.do(EditorState.save)
        first = draft.unfold
        assert first
        assert draft.focus.split("#")[0] == "name"
        assert (
            draft.errors["retry_attempts"]
            == "Must be 1 to 50 attempts, or empty: as the server is set"
        )
        await tab.do(EditorState.save)
        assert draft.unfold not in {"", first}

    asyncio.run(play())


def test_the_form_of_one_that_was_paused_by_itself_says_why(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert draft.paused == ""
        await asyncio.to_thread(
            pause, services, schedule, "5 runs in a row failed; the last one: no route to host"
        )
        await tab.do(ScheduledExports.refresh)
        assert draft.paused == "5 runs in a row failed; the last one: no route to host"
        assert draft.stale
        await tab.do(EditorState.reload)
        assert not draft.is_active
        await tab.do(Fields.activate, True)
        await tab.do(EditorState.save)
        assert draft.paused == ""

    asyncio.run(play())
    assert stored(services, schedule).paused_at is None


def test_campaigns_are_searched_and_chosen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        picker = await tab.state(CampaignPicker)
        await tab.do(CampaignPicker.opened, True)
        assert {o.label for o in picker.options} == {"Spring", "autumn", "Überall", "Quiet"}
        await tab.do(CampaignPicker.search, "übER")
        (found,) = picker.options
        await tab.do(CampaignPicker.toggle, found.key)
        assert (draft.campaign_ids, picker.count, picker.options[0].chosen) == (
            [found.key],
            1,
            True,
        )
        # another tenant's: neither its name nor the preview tells that it exists, and saving
        # refuses it
        await tab.do(CampaignPicker.toggle, campaigns["Rival"].id)
        assert picker.chosen[1].label == "a campaign that is gone"
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)
        assert "campaigns" in draft.errors
        await tab.do(CampaignPicker.clear)
        assert draft.campaign_ids == []

    asyncio.run(play())
    assert services


def test_the_data_panel_answers_with_rows_or_with_the_reason(
    services: Services, tab: Tab, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    values = form.EMPTY | {"period": "last_7_days", "format": "csv"}
    found, problem = _read(admin, acme.id, values, [])
    assert problem == ""
    assert (found.total, len(found.rows)) == (4, 4)
    assert found.size > 0
    found, problem = _read(admin, acme.id, values | {"export_type": "campaign"}, [])
    assert found is None
    assert "at least one campaign" in problem
    found, problem = _read(admin, acme.id, values, [campaigns["Rival"].id])
    assert found is None
    assert "no such campaign" in problem
    assert tab
    assert services


class Faulty:
    key, label, description = "faulty", "Faulty", "A new type with a fault."
    filters = ()

    def columns(self) -> tuple[Column, ...]:
        return (integer("number", "Number"),)

    def select(self, scope: Scope) -> Any:
        raise KeyError(scope)


def test_a_type_with_a_fault_leaves_no_rows_of_another_one_in_the_data_panel(
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        panel, values = await tab.state(DataPanel), form.EMPTY | {"period": "all"}
        panel._show(*_read(admin, acme.id, values, []))
        assert panel.rows
        with registered(EXPORT_TYPES, Faulty()):
            panel._show(*_read(admin, acme.id, values | {"export_type": Faulty.key}, []))
        assert (panel.rows, panel.heads, panel.summary, panel.busy) == ([], [], "", False)
        assert "unexpected error" in panel.problem

    assert campaigns
    asyncio.run(play())


def test_zones_are_searched_and_only_real_ones_chosen(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        picker = await tab.state(ZonePicker)
        await tab.do(ZonePicker.opened, True)
        assert (picker.options[0].key, picker.options[0].chosen) == ("Europe/Berlin", True)
        await tab.do(ZonePicker.search, "new york")
        assert [o.key for o in picker.options] == ["America/New_York"]
        await tab.do(ZonePicker.choose, "America/New_York")
        await tab.do(ZonePicker.choose, "Mars/Olympus")
        assert draft.values["timezone"] == "America/New_York"
        assert (await tab.state(SchedulePanel)).place == "New York"

    asyncio.run(play())


def test_the_email_is_shown_as_it_will_look(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await opened(tab, sign_in, admin, acme)
        await put(tab, name="Weekly <b>numbers</b>", period="last_7_days")
        await tab.do(LetterPanel.show)
        panel = await tab.state(LetterPanel)
        assert panel.is_open
        assert panel.subject.startswith("Weekly <b>numbers</b> – ")
        assert "Weekly &lt;b&gt;numbers&lt;/b&gt;" in panel.html
        assert "Weekly <b>numbers</b>" in panel.text

    asyncio.run(play())
    assert campaigns


def test_a_kept_form_comes_back_and_nonsense_does_not(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Half done", schedule="0 8 * * *")
        await tab.do(Fields.add_recipients, "ann@example.com, boss@example")
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
            ("boss@example", True),
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
        assert (back.values["name"], back.unfinished, back.dirty, back.stale) == (
            "Typed on",
            "cat@exam",
            True,
            True,
        )
        await later.do(EditorState.reload)
        assert (back.unfinished, back.dirty, back.stale) == ("", False, False)

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
        assert (await tab.texts())[-1].startswith("This is not saved yet")
        assert (await tab.state(BrowserCommands)).address == "/scheduled-exports"

    asyncio.run(play())


@pytest.mark.usefixtures("services")
def test_every_option_has_its_place_in_the_form_the_advanced_ones_in_the_fold() -> None:
    def fields(component: Any) -> set[str]:
        drawn = str(component.render())
        return {name for name in options.BY_NAME if f'id:"{name}"' in drawn}

    assert fields(advanced()) == options.ADVANCED
    assert fields(editor_dialog()) == options.BY_NAME.keys()
