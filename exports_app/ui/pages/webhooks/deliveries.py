"""The deliveries of the webhook that is shown: a page of them, and one of which all is shown. The
view stands in the address."""

from collections.abc import Mapping

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import NotFound
from exports_app.domain.humanize import up_to
from exports_app.services.core.records import WebhookDelivery, capped
from exports_app.services.webhooks.deliveries import DeliveryDetail
from exports_app.ui.framework.actions import call
from exports_app.ui.framework.browser_commands import Step, show_address
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.webhooks.address import NONE, address_of, filters_in, number_in
from exports_app.ui.pages.webhooks.rows import (
    AttemptRow,
    DeliveryRow,
    Sent,
    attempt_rows,
    delivery_row,
    sent,
)

SIZE = 25


class DeliveriesState(rx.State):
    view: dict[str, str] = NONE
    number: int = 1
    """Of the page."""
    rows: list[DeliveryRow] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    opened: str = ""
    """The id of the delivery of which all is shown; empty: none."""
    sent: Sent = Sent()
    attempts: list[AttemptRow] = []  # noqa: RUF012
    _webhook_id: str = ""

    @rx.var
    def counted(self) -> str:
        words = "delivery" if self.total == 1 else "deliveries"
        return f"{up_to(self.total, bounds.FARTHEST)} {words}"

    @rx.var
    def last(self) -> bool:
        return self.number * SIZE >= self.total

    @rx.var
    def narrowed(self) -> bool:
        return any(self.view.values())

    @internal
    def begin(self, webhook_id: str, asked: Mapping[str, str]) -> None:
        """Forget what is shown. asked: the address's parameters; what they name is read next."""
        self.reset()
        self._webhook_id = webhook_id
        self.view, self.number = filters_in(asked), number_in(asked)
        self.opened = asked.get("delivery", "")[: bounds.ID]

    @internal
    async def load(self, *, active: bool) -> None:
        """active: whether the webhook is. Raises as the services."""
        found = await self._found()
        opened = await self._detail()
        if opened is not None and all(one.id != opened.delivery.id for one in found):
            found = [opened.delivery, *found]  # an address leads to it, also from another page
        put(self, rows=[delivery_row(one, active=active) for one in found])
        if opened is None:
            put(self, opened="", sent=Sent(), attempts=[])
        else:
            put(self, sent=sent(opened), attempts=attempt_rows(opened.attempts))

    async def _found(self) -> list[WebhookDelivery]:
        page, view = services.webhook_deliveries.page, self.view
        statuses = [view["status"]] if view["status"] else []
        where = capped(self.number, SIZE)
        found, total = await call(page, self._webhook_id, where, statuses, view["event"])
        if not found and total:  # the page is past the end
            where = capped(-(-total // SIZE), SIZE)
            found, total = await call(page, self._webhook_id, where, statuses, view["event"])
        put(self, number=where.number, total=total)
        return found

    async def _detail(self) -> DeliveryDetail | None:
        if not self.opened:
            return None
        try:
            detail = await call(services.webhook_deliveries.get, self.opened)
        except NotFound:
            return None
        return detail if detail.delivery.webhook_id == self._webhook_id else None

    @internal
    def look_at(self, view: Mapping[str, str]) -> None:
        """The first page of other deliveries, which is read next."""
        self.view, self.number, self.opened = dict(view), 1, ""

    @internal
    def turn_by(self, step: int) -> None:
        """To a later page, or an earlier one, which is read next."""
        self.number = max(1, min(self.number + step, -(-self.total // SIZE)))
        self.opened = ""

    @internal
    def unfold(self, delivery_id: str) -> Step:
        """Show all of one, which is read next, or fold it up again. Returns what that is in the
        browser's history."""
        if self.opened == delivery_id:
            self.opened = ""
            return Step.BACK
        way = Step.SAME if self.opened else Step.NEXT
        self.opened = delivery_id
        return way

    @internal
    async def show_address(self, way: Step) -> None:
        session = await self.get_state(SessionState)
        parts = {
            "tenant": session.tenant_slug if len(session.tenants) > 1 else "",
            **self.view,
            "page": str(self.number) if self.number > 1 else "",
            "delivery": self.opened,
        }
        await show_address(self, address_of(self._webhook_id, parts), way)
