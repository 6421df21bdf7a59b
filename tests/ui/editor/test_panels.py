"""Beside the form: its previews, and the fields that search."""

import asyncio
from typing import Any

from exports_app.domain.access import Principal
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.records import Campaign, Tenant
from exports_app.ui.layout.zone_picker import ZonePicker
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.pickers import CampaignPicker
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    DataPanel,
    EmailPanel,
    SchedulePanel,
    _read,
)
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import opened, put
from tests.world import registered


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
        assert picker.chosen[1].label == "a deleted campaign"
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
    assert "campaign does not exist" in problem
    assert tab
    assert services


class Faulty:
    key = "faulty"
    label = "Faulty"
    description = "A new type with a fault."
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
        assert "failed unexpectedly" in panel.problem

    assert campaigns
    asyncio.run(play())


def test_zones_are_searched_and_the_chosen_one_is_explained(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        picker = await tab.state(ZonePicker)
        assert picker.options == []  # no page carries a list of zones
        await put(tab, timezone="Asia/Tokyo")
        await tab.do(ZonePicker.opened, True, draft.values["timezone"])
        keys = [o.key for o in picker.options]
        assert keys[:3] == ["Asia/Tokyo", "Europe/Berlin", "UTC"]  # chosen, the tenant's, and UTC
        await tab.do(ZonePicker.search, "mumbai")
        assert [(o.key, o.detail, o.offset) for o in picker.options] == [
            ("Asia/Kolkata", "Mumbai · India · IST", "UTC+05:30")
        ]
        await put(tab, timezone="Asia/Kolkata")
        assert (await tab.state(SchedulePanel)).place == "Kolkata"

    asyncio.run(play())


def test_the_email_is_shown_as_it_will_look(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await opened(tab, sign_in, admin, acme)
        await put(tab, name="Weekly <b>numbers</b>", period="last_7_days")
        await tab.do(EmailPanel.show)
        panel = await tab.state(EmailPanel)
        assert panel.is_open
        assert panel.subject.startswith("Weekly <b>numbers</b> – ")
        assert "Weekly &lt;b&gt;numbers&lt;/b&gt;" in panel.html
        assert "Weekly <b>numbers</b>" in panel.text
        # Escape or Back closes the email alone
        draft = await tab.state(DraftState)
        await tab.do(EditorState.set_open, False)
        assert (panel.is_open, draft.is_open) == (False, True)
        await tab.do(EditorState.set_open, False)
        assert (await tab.state(EditorState)).asking

    asyncio.run(play())
    assert campaigns
