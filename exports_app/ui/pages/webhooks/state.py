"""One refresh for all that the page shows; the way to its views."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.browser_commands import BrowserCommands, Step, parameters
from exports_app.ui.framework.session import SessionState, path, query
from exports_app.ui.pages.webhooks.actions import WebhookActions
from exports_app.ui.pages.webhooks.address import NONE, ROUTE, fits, webhook_in
from exports_app.ui.pages.webhooks.deliveries import DeliveriesState
from exports_app.ui.pages.webhooks.form import WebhookForm
from exports_app.ui.pages.webhooks.fresh_secret import FreshSecret
from exports_app.ui.pages.webhooks.listing import WebhooksState


class WebhooksPage(rx.State):
    _came: tuple[str, str] = ("", "")
    """The tenant and the path that this tab came with."""

    @action(Permission.WRITE)
    async def arrive(self) -> None:
        """When the page loads: the view that the address names. A tab that was only disconnected
        goes on as it was."""
        asked, commands = query(self), await self.get_state(BrowserCommands)
        came = ((await self.get_state(SessionState)).tenant_id, path(self))
        if came == self._came and commands.shows(asked, ROUTE):
            return
        self._came = came
        (await self.get_state(WebhookForm)).leave_tenant()
        (await self.get_state(FreshSecret)).leave_tenant()
        (await self.get_state(WebhookActions)).stop_asking()
        commands.begin(asked, ROUTE)
        await self._take(path(self), asked)

    @action(Permission.WRITE, longest={"address": bounds.URL})
    async def step(self, address: str) -> None:
        """Back or Forward chose the view of this address."""
        asked = parameters(str(address))
        (await self.get_state(BrowserCommands)).begin(asked, ROUTE)
        await self._take(urlsplit(str(address)).path, asked)
        await self._load()

    async def _take(self, at: str, asked: Mapping[str, str]) -> None:
        webhook_id = webhook_in(at)
        (await self.get_state(WebhooksState)).begin(webhook_id)
        (await self.get_state(DeliveriesState)).begin(webhook_id, asked)

    @action(Permission.WRITE)
    async def refresh(self) -> None:
        await self._load()
        await (await self.get_state(WebhookActions)).report_tests()

    async def _load(self) -> None:
        await (await self.get_state(WebhooksState)).reload()

    @action(Permission.WRITE)
    async def choose(self, name: str, value: str) -> None:
        """One of the filters of the deliveries; an empty value clears it."""
        name, value = str(name), str(value)
        if fits(name, value) and await self._is_alone():
            deliveries = await self.get_state(DeliveriesState)
            deliveries.look_at(deliveries.view | {name: value})
            await self._show(Step.NEXT)

    @action(Permission.WRITE)
    async def clear(self) -> None:
        if await self._is_alone():
            (await self.get_state(DeliveriesState)).look_at(NONE)
            await self._show(Step.NEXT)

    @action(Permission.WRITE)
    async def turn(self, step: int) -> None:
        if isinstance(step, int) and await self._is_alone():
            (await self.get_state(DeliveriesState)).turn_by(step)
            await self._show(Step.NEXT)

    @action(Permission.WRITE)
    async def unfold(self, delivery_id: str) -> None:
        """Show all of a delivery, or fold it up again."""
        if await self._is_alone():
            await self._show((await self.get_state(DeliveriesState)).unfold(str(delivery_id)))

    async def _is_alone(self) -> bool:
        """Whether a webhook is shown with its deliveries."""
        return (await self.get_state(WebhooksState)).webhook_id != ""

    async def _show(self, way: Step) -> None:
        await self._load()
        await (await self.get_state(DeliveriesState)).show_address(way)
