"""The form of a webhook. What is typed is in no State: an address may hold a secret."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.events.kinds import CHOICES
from exports_app.services.webhooks.rules import WebhookDraft
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice, begin, ids_of
from exports_app.ui.pages.webhooks.fresh_secret import FreshSecret
from exports_app.ui.pages.webhooks.listing import WebhooksState

NAME, URL, EVENTS, SCHEDULES = "webhook-name", "webhook-url", "webhook-events", "webhook-schedules"
FIELDS = {"/name": NAME, "/url": URL, "/events": EVENTS, "/scheduledExportIds": SCHEDULES}
USUAL = [str(kind) for kind in CHOICES if kind.startswith("export.run.")]
NO_EVENT = "Choose at least one event"
GONE = "One of them no longer exists: choose again"
ALL_GONE = "The chosen ones no longer exist: choose others, or leave it at All"


@of_tenant
class WebhookForm(rx.State):
    is_open: bool = False
    webhook_id: str = ""
    """Empty: a new one."""
    name: str = ""
    url: str = ""
    events: list[str] = USUAL
    """With these values the form begins."""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field."""
    focus: str = NAME
    """The id of the field that gets the focus; what follows a # is another each time."""
    _version: int = 0
    _refused: int = 0

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.WRITE)
    async def begin(self, webhook_id: str) -> None:
        """Open it; an empty id: for a new webhook."""
        self.reset()
        choice, most = await self.get_state(ScheduleChoice), bounds.WEBHOOK_SCHEDULES
        begin(choice, most)
        if webhook_id:
            known = await call(services.webhooks.get, str(webhook_id))
            webhook = known.webhook
            chosen = await call(services.webhooks.scheduled_exports, webhook.id)
            self.webhook_id, self._version = webhook.id, webhook.version
            self.name, self.url, self.events = webhook.name, webhook.url, list(webhook.events)
            begin(choice, most, chosen)
            if webhook.schedule_ids is not None and not chosen:
                self.errors = {SCHEDULES: ALL_GONE}
        self.is_open = True

    @action(Permission.WRITE)
    async def close(self) -> None:
        self.reset()

    @action(Permission.WRITE, longest={URL: bounds.URL})
    async def save(self, form: dict[str, str]) -> None:
        if not self.is_open:
            return
        draft = await self._draft(form)
        self.errors = {}
        try:
            if self.webhook_id:
                await self._update(draft)
            else:
                await self._create(draft)
        except Invalid as e:
            self.errors = _by_field(e)
            self._refused += 1
            first = next(name for name in FIELDS.values() if name in self.errors)
            self.focus = f"{first}#{self._refused}"
            return
        self.reset()
        await (await self.get_state(WebhooksState)).reload()

    async def _create(self, draft: WebhookDraft) -> None:
        tenant_id = (await self.get_state(SessionState)).tenant_id
        known, secret = await call(services.webhooks.create, tenant_id, draft)
        fresh = await self.get_state(FreshSecret)
        fresh.show(known.webhook.name, secret, rotated=False)

    async def _update(self, draft: WebhookDraft) -> None:
        values = {k: v for k, v in vars(draft).items() if k != "is_active"}
        known = await call(services.webhooks.update, self.webhook_id, values, self._version)
        await notify(self, "success", f"“{known.webhook.name}” saved")

    async def _draft(self, form: dict[str, str]) -> WebhookDraft:
        return WebhookDraft(
            str(form.get(NAME, ""))[: bounds.WEBHOOK_NAME + 1],
            str(form.get(URL, "")).strip(),
            [str(kind) for kind in CHOICES if form.get(f"event-{kind}")],
            ids_of(await self.get_state(ScheduleChoice)),
        )


def _by_field(error: Invalid) -> dict[str, str]:
    found = dict[str, str]()
    for one in error.errors:
        pointer = f"/{one.pointer.lstrip('/').partition('/')[0]}"
        field = FIELDS.get(pointer, NAME)
        words = {EVENTS: NO_EVENT, SCHEDULES: GONE}.get(field, sentence(one.detail))
        found.setdefault(field, words)
    return found
