"""What *Undo* does after schedules were paused, activated or deleted."""

from typing import Any

from reflex.state import BaseState

from exports_app.services.schedules.bulk import BulkResult
from exports_app.ui.framework.actions import call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.undo import undoes
from exports_app.ui.pages.scheduled_exports.list.state import ListState

SWITCH, DELETE = "switch", "delete"


@undoes(SWITCH)
async def undo_switch(state: BaseState, switched: Any) -> None:
    """switched: a list of `Switched`."""
    await _tell(state, await call(services.bulk.undo, switched))


@undoes(DELETE)
async def undo_delete(state: BaseState, ids: Any) -> None:
    await _tell(state, await call(services.bulk.restore, ids))


async def _tell(state: BaseState, result: BulkResult) -> None:
    if result.failed:
        why = result.failed[0][1]
        await notify(state, "error", f"{len(result.failed)} not undone: {why}")
    if result.done:
        await notify(state, "success", "Undone")
    await (await state.get_state(ListState)).load(fresh=True)
