"""What is done with a webhook and its deliveries. Some of it asks first."""

from datetime import timedelta
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import NotFound
from exports_app.domain.humanize import counted
from exports_app.services.core.records import WebhookStatus
from exports_app.services.webhooks.deliveries import DeliveryDetail
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant
from exports_app.ui.pages.webhooks.address import ROUTE
from exports_app.ui.pages.webhooks.fresh_secret import FreshSecret
from exports_app.ui.pages.webhooks.listing import WebhooksState

DELETE, ROTATE, REPLAY = "delete", "rotate", "replay"
SINCE = {"1": "1 hour ago", "24": "24 hours ago", "168": "7 days ago", "720": "30 days ago"}
"""By hours."""
USUAL = "24"
MOST_WATCHED = 20
ENDED = (WebhookStatus.DELIVERED, WebhookStatus.FAILED, WebhookStatus.CANCELLED)


@of_tenant
class WebhookActions(rx.State):
    asking: str = ""
    """DELETE, ROTATE or REPLAY; empty: nothing is asked."""
    ask_name: str = ""
    since: str = USUAL
    """A key of SINCE: what failed since then is sent again."""
    count: int = 0
    """How many that are."""
    _ask_id: str = ""
    _watched: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """Tests sent from this tab, whose result is shown as a notice: delivery -> webhook's name."""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @internal
    def stop_asking(self) -> None:
        """Another page is shown now."""
        self.asking = ""

    @action(Permission.WRITE)
    async def toggle(self, webhook_id: str, active: bool) -> None:
        try:
            values = {"is_active": bool(active)}
            known = await call(services.webhooks.update, str(webhook_id), values)
            done = "active" if active else "switched off. What was waiting is cancelled"
            await notify(self, "success", f"“{known.webhook.name}” is {done}")
        finally:
            await self._reload()

    @action(Permission.WRITE)
    async def test(self, webhook_id: str) -> None:
        """Its result comes as a notice."""
        known = await call(services.webhooks.get, str(webhook_id))
        delivery = await call(services.webhooks.send_test, known.webhook.id)
        kept = dict(list(self._watched.items())[1 - MOST_WATCHED :])
        self._watched = kept | {delivery.id: known.webhook.name}
        await notify(self, "info", f"Sending a test to “{known.webhook.name}”")
        await self._reload()

    @internal
    async def report_tests(self) -> None:
        """Show what became of the tests of this tab."""
        for delivery_id, name in list(self._watched.items()):
            try:
                detail = await call(services.webhook_deliveries.get, delivery_id)
            except NotFound:
                detail = None
            if detail is None or detail.delivery.status in ENDED:
                self._watched.pop(delivery_id)
            if detail is not None and detail.delivery.status in ENDED:
                await self._report(detail, name)

    async def _report(self, detail: DeliveryDetail, name: str) -> None:
        delivery = detail.delivery
        took = f" in {detail.attempts[-1].milliseconds:,} ms" if detail.attempts else ""
        ok = delivery.status == WebhookStatus.DELIVERED
        words = (
            f"“{name}” answered {delivery.response_status}{took}"
            if ok
            else f"The test of “{name}” failed: {delivery.error}"
        )
        href = f"{ROUTE}/{delivery.webhook_id}?delivery={delivery.id}"
        await notify(self, "success" if ok else "error", words, link="Show", href=href)

    @action(Permission.WRITE)
    async def redeliver(self, delivery_id: str) -> None:
        try:
            await call(services.webhook_deliveries.redeliver, str(delivery_id))
        finally:
            await self._reload()

    @action(Permission.WRITE)
    async def ask(self, what: str, webhook_id: str) -> None:
        if what not in {DELETE, ROTATE, REPLAY}:
            raise NotFound
        known = await call(services.webhooks.get, str(webhook_id))
        self._ask_id, self.ask_name = known.webhook.id, known.webhook.name
        if what == REPLAY:
            await self._count(USUAL)
        self.asking = what

    @action(Permission.WRITE)
    async def choose_since(self, hours: str) -> None:
        if hours in SINCE and self.asking == REPLAY:
            await self._count(hours)

    @action(Permission.WRITE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.WRITE)
    async def delete(self) -> Any:
        if not self._confirmed(DELETE):
            return None
        await call(services.webhooks.remove, self._ask_id)
        await notify(self, "success", f"“{self.ask_name}” was deleted")
        if (await self.get_state(WebhooksState)).webhook_id:
            return rx.redirect(ROUTE)
        await self._reload()
        return None

    @action(Permission.WRITE)
    async def rotate(self) -> None:
        if not self._confirmed(ROTATE):
            return
        known, secret = await call(services.webhooks.rotate_secret, self._ask_id)
        fresh = await self.get_state(FreshSecret)
        fresh.show(known.webhook.name, secret, rotated=True)
        await self._reload()

    @action(Permission.WRITE)
    async def replay(self) -> None:
        if not self._confirmed(REPLAY):
            return
        since = services.clock() - timedelta(hours=int(self.since))
        count = await call(services.webhook_deliveries.replay, self._ask_id, since)
        await notify(self, "success", f"{counted(count, 'message')} will be sent again")
        await self._reload()

    def _confirmed(self, what: str) -> bool:
        """Whether that was asked; it is not any more."""
        asked, self.asking = self.asking == what, ""
        return asked

    async def _count(self, hours: str) -> None:
        since = services.clock() - timedelta(hours=int(hours))
        count = await call(services.webhook_deliveries.replayable, self._ask_id, since)
        self.since, self.count = hours, min(count, bounds.WEBHOOK_REPLAY)

    async def _reload(self) -> None:
        await (await self.get_state(WebhooksState)).reload()
