"""A tenant's name, looks, zone and how long its files are kept, with the email beside them as it
will look."""

import re
from collections.abc import Sequence
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Conflict, FieldError, Invalid
from exports_app.domain.humanize import sentence
from exports_app.domain.timing import cron
from exports_app.services.core.field_rules import field_of
from exports_app.services.core.records import Tenant
from exports_app.services.tenants.tenant_settings import SETTINGS as FIELDS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings import quotas, tenant_sign_in
from exports_app.ui.pages.settings.quotas import QuotasState
from exports_app.ui.pages.settings.tabs import TENANT, top
from exports_app.ui.pages.settings.tenant_sign_in import TenantSignInState

LONGEST = bounds.URL
"""Characters of a field that are looked at."""

LABELS = {
    "name": "name",
    "brand_color": "colour",
    "logo_url": "logo",
    "timezone": "time zone",
    "keep_days": "days that files are kept",
    "recipient_domains": "recipients' domains",
}
NO_NUMBER = -1
"""Of days, where none can be read: the service says what it takes."""


class TenantState(rx.State):
    typed: dict[str, str] = dict.fromkeys(FIELDS, "")
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    swatch: str = "#000000"
    """The last good colour: the field for it knows no unfinished ones."""
    loaded: bool = False
    usual_days: str = ""
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
        """What somebody else changed shows in the fields that are not touched here."""
        tenant_id = (await self.get_state(SessionState)).tenant_id
        if self._of != tenant_id:
            self.loaded, self.html, self.subject = False, "", ""
        tenant = await call(services.tenants.get, tenant_id, Permission.MANAGE)
        fresh, own = texts(tenant), self._of == tenant_id
        touched = {k: v for k, v in self.typed.items() if own and v != self._stored[k]}
        if lost := [LABELS[k] for k, v in touched.items() if fresh[k] not in {self._stored[k], v}]:
            told = f"Somebody else changed the {' and '.join(lost)} meanwhile: saving replaces what they chose"
            await notify(self, "info", told)
        self.typed, self._stored, self._of = fresh | touched, fresh, tenant_id
        if not own:
            self._shown = {}
        self.usual_days, self.usual_zone = (
            str(services.settings.retention_days),
            services.settings.tz,
        )
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
        except Conflict:  # this page has not heard of it yet
            await self._load()
            await notify(
                self, "info", "Somebody else changed it meanwhile: look at it, then save again"
            )
            return
        self.typed, self._stored, self._shown = texts(saved), texts(saved), {}
        (await self.get_state(SessionState)).show_changed(saved)
        await self._draw()
        await notify(self, "success", "The settings are saved")

    async def _draw(self) -> None:
        """The email with what is typed. What is not valid yet changes nothing in it, and is told at
        its field."""
        look = services.preview.branding
        found = await call(look, self._of, read(self.typed), self._shown)
        self._shown, self.errors = dict(found.shown), by_field(found.errors)
        self.swatch = str(found.shown["brand_color"]).lower()
        if found.message is not None:
            self.subject, self.html = found.message.subject, found.message.html


def texts(tenant: Tenant) -> dict[str, str]:
    return {name: _text_of(getattr(tenant, name)) for name in FIELDS}


def _text_of(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def read(typed: dict[str, str]) -> dict[str, Any]:
    """What the services take. Nothing typed: the installation's own."""
    return {name: _value(name, text.strip()) for name, text in typed.items()}


def _value(name: str, text: str) -> Any:
    if name == "keep_days" and text:
        return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else NO_NUMBER
    if name == "recipient_domains":
        return [domain for domain in re.split(r"[\s,;]+", text) if domain]
    return text if name in {"name", "brand_color"} else text or None


def by_field(errors: Sequence[FieldError]) -> dict[str, str]:
    """The first of each."""
    found: dict[str, str] = {}
    for one in errors:
        found.setdefault(field_of(one.pointer), sentence(one.detail))
    return found


@page(TENANT, title="Tenant", needs=Permission.MANAGE, refresh=TenantState.refresh)
def tenant() -> rx.Component:
    told = rx.fragment(
        "How ", rx.el.b(SessionState.tenant_name), " looks, in the pages and in emails"
    )
    forms = rx.el.div(_form(), tenant_sign_in.card(), class_name="column")
    body = rx.fragment(rx.el.div(forms, _letter(), class_name="beside"), quotas.card())
    return rx.el.div(
        top(TENANT, told), rx.cond(TenantState.loaded, body), class_name="page settings broad"
    )


def _form() -> rx.Component:
    state = TenantState
    swatch = browser.text(
        type="color",
        id="swatch",
        name="swatch",
        value=state.swatch,
        on_change=lambda color: state.put("brand_color", color),
        class_name="swatch",
        custom_attrs={"aria-label": "Choose the colour"},
    )
    color = rx.el.div(
        _text("brand_color", max_length=bounds.COLOR, spell_check=False), swatch, class_name="row"
    )
    zones = rx.el.datalist(*[rx.el.option(value=one) for one in cron.zones()], id="zones")
    return rx.el.section(
        rx.el.h2("Settings"),
        rx.el.div(
            _field(
                "Name",
                "name",
                _text("name", max_length=bounds.NAME),
                "It stands at the top of the pages and of each email",
            ),
            _field(
                "Colour",
                "brand_color",
                color,
                "As #RRGGBB. Text and buttons take shades of it that can be read",
            ),
            _field(
                "Logo",
                "logo_url",
                _text("logo_url", input_mode="url"),
                "A picture's https address; empty: the name alone",
            ),
            _field(
                "Time zone",
                "timezone",
                rx.fragment(_text("timezone", custom_attrs={"list": "zones"}), zones),
                f"Of new scheduled exports, and of the days in Analytics; empty: {state.usual_zone}",
            ),
            _field(
                "Days that files are kept",
                "keep_days",
                _text("keep_days", input_mode="numeric", max_length=bounds.WRITTEN),
                f"Empty: the default, {state.usual_days}",
            ),
            _field(
                "Recipients' domains",
                "recipient_domains",
                _text("recipient_domains", spell_check=False),
                "Files go to these alone, e.g. example.com, *.example.org; empty: to all",
            ),
            rx.el.div(
                button(
                    "Save",
                    kind="primary",
                    once=True,
                    on_click=state.save,
                    disabled=~state.dirty,
                    id="save-tenant",
                ),
                rx.cond(state.dirty, button("Undo", on_click=state.undo)),
                class_name="row",
            ),
            class_name="fields",
        ),
        class_name="card settings-card",
    )


def _field(label: str, name: str, control: rx.Component, hint: Any) -> rx.Component:
    return field(
        label, control, name=name, error=TenantState.errors.get(name, "").to(str), hint=hint
    )


def _text(name: str, **props: Any) -> rx.Component:
    wrong = TenantState.errors.get(name, "").to(str)
    return text_input(
        name, TenantState.typed[name], lambda text: TenantState.put(name, text), wrong, **props
    )


def _letter() -> rx.Component:
    # In a frame of its own with nothing allowed, as every email that is shown
    frame = rx.el.iframe(
        src_doc=TenantState.html, sandbox="", title="An email as it will look", class_name="mail"
    )
    return rx.el.section(
        rx.el.h2("Email"),
        rx.el.p("Subject: ", rx.el.b(TenantState.subject, id="letter-subject"), class_name="muted"),
        frame,
        class_name="card settings-card",
        custom_attrs={"aria-label": "Email"},
    )
