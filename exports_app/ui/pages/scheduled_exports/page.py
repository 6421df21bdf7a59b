"""The page of the scheduled exports: the list, with its dialogs over it."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.preview import LetterPanel
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.template_cards import template_cards
from exports_app.ui.pages.scheduled_exports.editor.view import editor_dialog
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.history.view import history_dialog
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.delete_dialog import delete_dialog
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.toolbar import SEARCH
from exports_app.ui.pages.scheduled_exports.list.view import list_view, loading


class ScheduledExports(rx.State):
    """One refresh for all that the page shows."""

    @action(Permission.WRITE)
    async def arrive(self) -> Any:
        """When the page loads: the view that the address names. A tab that was only disconnected
        goes on as it was."""
        tenant = (await self.get_state(SessionState)).tenant_id
        if not await (await self.get_state(ListState))._arrive(tenant):  # noqa: SLF001
            return None
        await (await self.get_state(EditorState))._leave(tenant)  # noqa: SLF001
        (await self.get_state(HistoryState))._arrive()  # noqa: SLF001
        return await (await self.get_state(EditorState))._arrive()  # noqa: SLF001

    @action(Permission.WRITE)
    async def refresh(self) -> None:
        states: tuple[tuple[type[Any], str], ...] = (
            (ListState, "_load"),
            (HistoryState, "_reload"),
            (ScheduleActions, "_settle"),
            (EditorState, "_compare"),
        )
        for state, method in states:
            await getattr(await self.get_state(state), method)()


def _editing() -> Any:
    """The form is what the keys are for: nothing lies over it."""
    return DraftState.is_open & ~EditorState.asking & ~LetterPanel.is_open


@page(
    ROUTE,
    "/",
    f"{ROUTE}/[id]",
    title="Scheduled Exports",
    needs=Permission.WRITE,
    load=ScheduledExports.arrive,
    refresh=ScheduledExports.refresh,
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
        templates=template_cards,
    )
    return rx.fragment(
        list_view(dialogs),
        editor_dialog(),
        history_dialog(),
        delete_dialog(),
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
