"""Tests of destinations, and what a person confirms after one."""

import uuid
from dataclasses import dataclass

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import DeliveryError
from exports_app.domain.humanize import sentence
from exports_app.services.core.extension_points import TrialResult
from exports_app.services.destinations import configs
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant
from exports_app.ui.framework.threads import in_lane, in_thread
from exports_app.ui.pages.settings.destinations.config_form import fields_of
from exports_app.ui.pages.settings.destinations.state import DestinationsState


@dataclass
class Proposal:
    """A value that a test found, and a person has to confirm."""

    name: str
    label: str
    value: str


@of_tenant
class DestinationTest(rx.State):
    tested: str = ""
    """The id of the destination whose test is shown, or under way."""
    testing: bool = False
    succeeded: bool = False
    answer: str = ""
    proposals: list[Proposal] = []  # noqa: RUF012
    _tested_version: int = 0
    _asked: str = ""
    """Which test is under way."""

    @action(Permission.WRITE)
    async def arrive(self) -> None:
        """When the page loads: what is shown of a test, or is under way, is forgotten."""
        self.reset()
        await (await self.get_state(DestinationsState)).come()

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.WRITE, background=True)
    async def test(self, destination_id: str) -> None:
        """Beside the tab's other events: the other side may take half a minute."""
        async with self:
            if self.testing:
                return
            asked = self._asked = uuid.uuid4().hex
            self._show_test(str(destination_id))
            self.testing = True
        result, version, wrong = None, 0, ""
        try:
            version = (await call(services.destinations.get, str(destination_id))).version
            test = services.destinations.test
            result = await in_lane(services.lanes.trials, test, principal(), str(destination_id))
        except DeliveryError as e:
            wrong = sentence(e.message).rstrip(".")
        finally:
            async with self:
                if self._asked == asked:  # else the page was left, or asked again
                    await self._tell(result, version, wrong)

    @action(Permission.WRITE)
    async def dismiss(self) -> None:
        """The result of the test."""
        if not self.testing:
            self._show_test("")

    @action(Permission.WRITE)
    async def confirm(self) -> None:
        """Take over what the test proposes."""
        if not self.proposals or self.testing:
            return
        config = {one.name: one.value for one in self.proposals}
        update = services.destinations.update
        changes = {"config": config}
        await in_thread(update, principal(), self.tested, changes, self._tested_version, merge=True)
        self._show_test("")
        await notify(self, "success", "Confirmed. Send a test again to see whether it works now")
        await (await self.get_state(DestinationsState)).reload()

    def _show_test(self, destination_id: str) -> None:
        self.tested, self.testing, self.succeeded, self.answer = destination_id, False, False, ""
        self.proposals = []

    async def _tell(self, result: TrialResult | None, version: int, wrong: str) -> None:
        self.testing, self._tested_version = False, version
        if result is None and not wrong:  # a notice says why
            self._show_test("")
            return
        page = await self.get_state(DestinationsState)
        self.succeeded, self.answer = result is not None, wrong
        if result is not None:
            self.answer = sentence(result.answer).rstrip(".")
            self.proposals = await self._proposed(result)
        await page.reload()

    async def _proposed(self, result: TrialResult) -> list[Proposal]:
        if not result.proposed:
            return []
        page = await self.get_state(DestinationsState)
        channel = next((one.channel for one in page.rows if one.id == self.tested), "")
        fields = fields_of(configs.channel_of(channel), await page.example())
        labels = {one.name: one.label for one in fields}
        return [Proposal(key, labels.get(key, key), v) for key, v in result.proposed.items()]
