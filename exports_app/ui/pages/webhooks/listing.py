"""The webhooks of the tenant, or one of them."""

import reflex as rx

from exports_app.domain.errors import ExportsError, NotFound
from exports_app.ui.framework.actions import call, error_sentence, note_refusal
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.webhooks.deliveries import DeliveriesState
from exports_app.ui.pages.webhooks.rows import WebhookRow, row


class WebhooksState(rx.State):
    rows: list[WebhookRow] = []  # noqa: RUF012 (Reflex copies defaults)
    webhook_id: str = ""
    """Of the one that is shown alone; empty in the list."""
    one: WebhookRow = WebhookRow()
    """That one."""
    loaded: bool = False
    failed: str = ""
    """Why it could not be read."""
    gone: bool = False
    """Whether the one that is to be shown alone is not there."""

    @internal
    def begin(self, webhook_id: str) -> None:
        """Forget what is shown. webhook_id: to be shown alone; empty: the list. It is read next."""
        self.reset()
        self.webhook_id = webhook_id

    @internal
    async def reload(self) -> None:
        try:
            if self.webhook_id:
                await self._load_one()
            else:
                await self._load_all()
            put(self, failed="", gone=False)
        except NotFound as e:
            note_refusal(e, "WebhooksState")
            put(self, failed="", gone=True)
        except ExportsError as e:
            put(self, failed=error_sentence(e))
        put(self, loaded=True)

    async def _load_all(self) -> None:
        tenant_id = (await self.get_state(SessionState)).tenant_id
        found = await call(services.webhooks.find, tenant_id)
        now = services.clock()
        put(self, rows=[row(known, now) for known in found])

    async def _load_one(self) -> None:
        known = await call(services.webhooks.get, self.webhook_id)
        if known.webhook.tenant_id != (await self.get_state(SessionState)).tenant_id:
            raise NotFound
        put(self, one=row(known, services.clock()))
        deliveries = await self.get_state(DeliveriesState)
        await deliveries.load(active=known.webhook.is_active)
