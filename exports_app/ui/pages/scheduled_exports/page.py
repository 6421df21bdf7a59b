"""The page of the scheduled exports: the list, with its dialogs over it."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.part import Part
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState, close_questions, may
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.as_code.state import YamlState
from exports_app.ui.pages.scheduled_exports.as_code.view import yaml_dialog
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.preview import EmailPanel
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.template_cards import template_cards
from exports_app.ui.pages.scheduled_exports.editor.view import editor_dialog
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.history.view import history_dialog
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.toolbar import SEARCH
from exports_app.ui.pages.scheduled_exports.list.view import list_view, loading
from exports_app.ui.pages.scheduled_exports.list.views import Views
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.ui.pages.scheduled_exports.sending.view import send_question

OPENS_FORM = '#new, .template, tr[data-id] .name, [data-key="e"], [role="menuitem"]'
"""A CSS selector: what opens the form on this page."""
OPENS_YAML = '.of-history [aria-label="Copy as YAML"], [role="menuitem"]'
"""Likewise, what opens the YAML."""


class ScheduledExports(rx.State):
    """One refresh for all that the page shows."""

    @action(Permission.READ)
    async def arrive(self) -> Any:
        """When the page loads: the view that the address names. A tab that was only disconnected
        goes on as it was."""
        tenant = (await self.get_state(SessionState)).tenant_id
        editor = await self.get_state(EditorState)
        if not await (await self.get_state(ListState)).arrive(tenant):
            return None
        await close_questions(self)
        await editor.leave(tenant)
        await (await self.get_state(HistoryState)).arrive()
        return await editor.arrive()

    @action(Permission.READ, longest={"address": bounds.URL})
    async def step(self, address: str) -> None:
        """Back or Forward chose the view of this address."""
        await (await self.get_state(ListState)).step(str(address))
        await (await self.get_state(HistoryState)).step(str(address))

    @action(Permission.READ)
    async def refresh(self) -> None:
        listed = await self.get_state(ListState)
        await listed.load()
        tenant = (await self.get_state(SessionState)).tenant_id
        if not await (await self.get_state(Views)).load(tenant):
            await listed.show_view()
        await (await self.get_state(HistoryState)).reload()
        await (await self.get_state(ScheduleActions)).report_ended()
        await (await self.get_state(EditorState)).compare()


def _editing() -> Any:
    """The form is what the keys are for: nothing lies over it."""
    return DraftState.is_open & ~EditorState.asking & ~EmailPanel.is_open


@page(
    ROUTE,
    "/",
    f"{ROUTE}/[id]",
    title="Scheduled Exports",
    needs=Permission.READ,
    load=ScheduledExports.arrive,
    refresh=ScheduledExports.refresh,
    step=ScheduledExports.step,
    nav="Scheduled Exports",
    icon="calendar-clock",
    order=20,
    loading=loading,
)
def scheduled_exports() -> rx.Component:
    dialogs = Dialogs(
        form=EditorState.begin,
        copy=EditorState.duplicate,
        history=HistoryState.show,
        yaml=YamlState.show,
        run=SendQuestion.ask_run,
        run_selected=SendQuestion.ask_selected,
        templates=template_cards,
    )
    writing = rx.fragment(
        Part.create(
            editor_dialog(),
            name="editor_part",
            wanted=DraftState.is_open,
            near=OPENS_FORM,
            on_failed=EditorState.drop_changes,
        ),
        send_question(SendQuestion.is_open & (HistoryState.schedule_id == "")),
        browser.back_closes(open=DraftState.is_open, on_close=EditorState.set_open(False)),
        browser.keys(
            active=_editing(),
            search_id=SEARCH,
            on_save=EditorState.save,
            on_new=EditorState.begin(""),
        ),
        browser.keep(
            owner=f"{SessionState.email} {SessionState.tenant_id}",
            value=DraftState.kept,
            ready=SessionState.ready & ListState.loaded,
            on_restore=EditorState.restore,
        ),
    )
    return rx.fragment(
        list_view(dialogs),
        history_dialog(
            EditorState.begin, YamlState.show, covered=DraftState.is_open | YamlState.is_open
        ),
        Part.create(
            yaml_dialog(),
            name="yaml_part",
            wanted=YamlState.is_open,
            near=OPENS_YAML,
            on_failed=YamlState.close,
        ),
        rx.cond(may(Permission.WRITE), writing, browser.keys(active=False, search_id=SEARCH)),
    )
