"""A tenant's settings: its name, its looks, its rules."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import (
    Invalid,
    VersionConflict,
)
from exports_app.services.tenants.tenant_settings import SETTINGS as FIELDS
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.tenant.quotas.state import QuotasState
from exports_app.ui.pages.settings.tenant.rows import by_field, read, texts
from exports_app.ui.pages.settings.tenant.sign_in.state import TenantSignInState

LONGEST = bounds.URL
"""Characters of a field that are looked at."""
LABELS = {
    "name": "name",
    "brand_color": "colour",
    "logo_url": "logo",
    "timezone": "time zone",
    "keep_days": "days to keep files",
    "keep_runs_days": "days to keep the history",
    "recipient_domains": "recipient domains",
}


class TenantState(rx.State):
    typed: dict[str, str] = dict.fromkeys(FIELDS, "")
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    swatch: str = "#000000"
    """The last good colour: the field for it knows no unfinished ones."""
    loaded: bool = False
    usual_days: str = ""
    usual_runs_days: str = ""
    usual_zone: str = ""
    """What holds where the field is empty."""
    subject: str = ""
    html: str = ""
    """Of an email as it will look; the last one that could be made."""
    _stored: dict[str, str] = {}  # noqa: RUF012
    _of: str = ""
    """The tenant whose fields these are."""
    _shown: dict[str, Any] = {}  # noqa: RUF012
    """What the email shows: the last that was good."""

    @rx.var
    def dirty(self) -> bool:
        return self.typed != self._stored

    @action(Permission.MANAGE)
    async def refresh(self) -> None:
        await self._load()

    async def _load(self) -> None:
        """Changes by someone else appear in the fields that are not touched here."""
        tenant_id = (await self.get_state(SessionState)).tenant_id
        if self._of != tenant_id:
            self.loaded = False
            self.html = ""
            self.subject = ""
        tenant = await call(services.tenants.get, tenant_id, Permission.MANAGE)
        fresh, own = texts(tenant), self._of == tenant_id
        touched = {k: v for k, v in self.typed.items() if own and v != self._stored[k]}
        if lost := [LABELS[k] for k, v in touched.items() if fresh[k] not in {self._stored[k], v}]:
            notice = (
                f"Someone else has changed the {' and '.join(lost)}: saving overwrites their "
                f"changes"
            )
            await notify(self, "info", notice)
        self.typed = fresh | touched
        self._stored = fresh
        self._of = tenant_id
        if not own:
            self._shown = {}
        self.usual_days = str(services.settings.retention_days)
        self.usual_runs_days = str(services.settings.run_retention_days)
        self.usual_zone = services.settings.tz
        await self._draw()
        await (await self.get_state(QuotasState)).load(tenant_id)
        await (await self.get_state(TenantSignInState)).show(tenant)
        self.loaded = True

    @action(Permission.MANAGE, longest={"value": LONGEST})
    async def put(self, name: str, value: str) -> None:
        if name not in FIELDS or not self._of:
            return
        self.typed = self.typed | {name: str(value)[:LONGEST]}
        await self._draw()

    @action(Permission.MANAGE)
    async def undo(self) -> None:
        self.typed, self._shown = dict(self._stored), {}
        await self._draw()

    @action(Permission.MANAGE)
    async def save(self) -> None:
        """Only what was changed here."""
        if not self._of or self._of != (await self.get_state(SessionState)).tenant_id:
            return
        changed = {k: v for k, v in self.typed.items() if v != self._stored[k]}
        seen = read({k: self._stored[k] for k in changed})
        try:
            saved = await call(services.tenants.update, self._of, read(changed), seen)
        except Invalid as e:
            self.errors = by_field(e.errors)
            return
        except VersionConflict:  # this page has not heard of it yet
            await self._load()
            await notify(
                self, "info", "Someone else has changed it: check the fields, then save again"
            )
            return
        self.typed = texts(saved)
        self._stored = texts(saved)
        self._shown = {}
        (await self.get_state(SessionState)).show_changed(saved)
        await self._draw()
        await notify(self, "success", "Settings saved")

    async def _draw(self) -> None:
        """Render the email with what is typed. An invalid value changes nothing in it, and its
        error is shown at its field."""
        look = services.preview.branding
        preview = await call(look, self._of, read(self.typed), self._shown)
        self._shown, self.errors = dict(preview.shown), by_field(preview.errors)
        self.swatch = str(preview.shown["brand_color"]).lower()
        if preview.message is not None:
            self.subject, self.html = preview.message.subject, preview.message.html
