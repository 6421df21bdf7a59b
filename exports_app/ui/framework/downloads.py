"""Files for the signed-in user: a one-time address, bound to this browser's session."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.framework.actions import action, actor
from exports_app.ui.framework.browser_commands import fetch
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread


class DownloadState(rx.State):
    @action(Permission.READ)
    async def start(self, schedule_id: str, run_id: str) -> None:
        """Save a run's file. A wrong or foreign id is simply not found."""
        caller = actor()
        code = services.browser_downloads.of_run
        address = await in_thread(code, caller.who, caller.session, str(schedule_id), str(run_id))
        await fetch(self, f"/api/download/{address}")
