"""Another address for a recipient whom the mail server refused, in the details of a run."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.runs.actions import waits_for_retry
from exports_app.services.schedules.recipients import warning
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun, part_of_run
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.sending.state import reload_shown


@of_tenant
@part_of_run
class ReplacementState(rx.State):
    target: str = ""
    """The refused address that is to be replaced; empty: none."""
    address: str = ""
    """As typed."""
    error: str = ""
    doubt: str = ""
    """What looks wrong with the address."""
    _run_id: str = ""

    @internal
    async def follow(self, _schedule_id: str, run_id: str) -> None:
        """With another run open, what was typed for the one before is forgotten."""
        if run_id != self._run_id:
            self._show("")
            self._run_id = run_id

    def _show(self, target: str) -> None:
        self.target = target
        self.address = self.error = self.doubt = ""

    @action(Permission.WRITE)
    async def ask(self, target: str) -> None:
        """For which address, in the run that is open."""
        self._show(str(target))

    @action(Permission.WRITE)
    async def set_address(self, text: str) -> None:
        self.address = str(text)
        self.error, self.doubt = "", warning(self.address.strip())

    @action(Permission.WRITE)
    async def cancel(self) -> None:
        self._show("")

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.WRITE)
    async def replace(self) -> None:
        """In the schedule; the file goes to the new address alone."""
        if not self.target:
            return
        opened = await self.get_state(OpenedRun)
        replacing = (opened.schedule_id, self._run_id, self.target, self.address)
        try:
            run = await call(services.recipient_replacement.replace, *replacing)
        except Invalid as e:
            self.error = sentence(e.errors[0].detail)
            return
        what = "The next retry sends the file" if waits_for_retry(run) else "The file is being sent"
        await notify(self, "success", f"{self.target} was replaced. {what}")
        self._show("")
        await (await self.get_state(ScheduleActions)).follow(run)
        await reload_shown(self)
