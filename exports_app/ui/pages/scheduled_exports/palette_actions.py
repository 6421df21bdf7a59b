"""What the command palette does with a scheduled export that it found, from any page."""

from typing import Any

import reflex as rx
from reflex.state import BaseState

from exports_app.ui.framework.session import path
from exports_app.ui.layout.palette.actions import palette_action
from exports_app.ui.pages.scheduled_exports.address import ROUTE, RUNS
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.sending.state import Asked, SendQuestion
from exports_app.ui.pages.scheduled_exports.sending.words import Kind


@palette_action("run")
async def run(state: BaseState, schedule_id: str) -> Any:
    """Ask as the list does."""
    await (await state.get_state(SendQuestion)).ask(Asked(Kind.RUN, (schedule_id,)))
    return _shown_on(state, ROUTE, RUNS)


@palette_action("edit")
async def edit(state: BaseState, schedule_id: str) -> Any:
    begun = await (await state.get_state(EditorState)).edit(schedule_id)
    leads = _shown_on(state, ROUTE)
    return [leads, *(begun or [])] if leads else begun


@palette_action("pause")
async def pause(state: BaseState, schedule_id: str) -> None:
    await (await state.get_state(ScheduleActions)).switch(schedule_id, active=False)


@palette_action("activate")
async def activate(state: BaseState, schedule_id: str) -> None:
    await (await state.get_state(ScheduleActions)).switch(schedule_id, active=True)


def _shown_on(state: BaseState, *routes: str) -> Any:
    """Nothing on these pages, which have the dialog; else the way to the first of them."""
    here = path(state)
    on = here == "/" or any(here == route or here.startswith(f"{route}/") for route in routes)
    return None if on else rx.redirect(routes[0])
