"""A tenant's name, looks, zone and how long its files are kept, with the email beside them as it will look."""

import asyncio
import re
from typing import Any

import reflex as rx

from exports_app import wiring
from exports_app.domain import cron
from exports_app.domain.access import Permission
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.words import sentence
from exports_app.services import rules
from exports_app.services.records import Tenant
from exports_app.ui.actions import action, principal
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.notices import notify
from exports_app.ui.page import page
from exports_app.ui.pages.settings.tabs import TENANT, top
from exports_app.ui.session import Session

LONGEST = 2_000
"""Characters of a field that are looked at."""
FIELDS = ("name", "brand_color", "logo_url", "timezone", "keep_days")
LOOKS = ("name", "brand_color", "logo_url")
"""What is seen of it in an email."""


class TenantState(rx.State):
    typed: dict[str, str] = dict.fromkeys(FIELDS, "")
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
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

    @rx.var
    def dirty(self) -> bool:
        return self.typed != self._stored

    @rx.var
    def swatch(self) -> str:
        """What the field for colours shows: it knows no unfinished ones."""
        typed = self.typed["brand_color"].strip()
        return (typed if re.fullmatch(r"#[0-9A-Fa-f]{6}", typed) else self._stored.get("brand_color", "#000000")).lower()

    @action(Permission.MANAGE)
    async def refresh(self) -> None:
        """What somebody else changed shows in the fields that are not touched here."""
        tenant_id = (await self.get_state(Session)).tenant_id
        services = wiring.services()
        tenant = await asyncio.to_thread(services.tenants.get, principal(), tenant_id, Permission.MANAGE)
        fresh, own = texts(tenant), self._of == tenant_id
        touched = {k: v for k, v in self.typed.items() if own and v != self._stored[k]}
        self.typed, self._stored, self._of = fresh | touched, fresh, tenant_id
        if not own:
            self.errors = {}
        self.usual_days, self.usual_zone = str(services.settings.retention_days), services.settings.tz
        await self._draw()
        self.loaded = True

    @action(Permission.MANAGE)
    async def put(self, name: str, value: str) -> None:
        if name not in FIELDS or not self._of:
            return
        self.typed = self.typed | {name: str(value)[:LONGEST]}
        self.errors = {k: v for k, v in self.errors.items() if k != name}
        if name in LOOKS:
            await self._draw()

    @action(Permission.MANAGE)
    async def undo(self) -> None:
        self.typed, self.errors = dict(self._stored), {}
        await self._draw()

    @action(Permission.MANAGE)
    async def save(self) -> None:
        """Only what was changed here."""
        if not self._of:
            return
        try:
            changed = read({k: v for k, v in self.typed.items() if v != self._stored[k]})
            saved = await asyncio.to_thread(wiring.services().tenants.update, principal(), self._of, changed)
        except Invalid as e:
            self.errors = by_field(e)
            return
        self.typed = self._stored = texts(saved)
        self.errors = {}
        (await self.get_state(Session))._changed(saved)  # noqa: SLF001
        await self._draw()
        await notify(self, "success", "The settings are saved")

    async def _draw(self) -> None:
        """The email with what is typed. What is not valid yet changes nothing in it, and is told at its field."""
        looks = read({k: self.typed[k] for k in LOOKS})
        try:
            letter = await asyncio.to_thread(wiring.services().preview.looks, principal(), self._of, looks)
        except Invalid as e:
            self.errors = self.errors | by_field(e)
            return
        if letter is not None:
            self.subject, self.html = letter.subject, letter.html


def texts(tenant: Tenant) -> dict[str, str]:
    return {name: "" if (value := getattr(tenant, name)) is None else str(value) for name in FIELDS}


def read(typed: dict[str, str]) -> dict[str, Any]:
    """What `Tenants.update` takes. Raises Invalid."""
    found: dict[str, Any] = {k: v.strip() for k, v in typed.items()}
    for name in ("logo_url", "timezone"):
        if name in found:
            found[name] = found[name] or None
    if "keep_days" in found:
        days = found["keep_days"]
        if days and not re.fullmatch(r"[0-9]{1,6}", days):
            raise Invalid([FieldError("/keepDays", "give a whole number of days, or leave it empty")])
        found["keep_days"] = int(days) if days else None
    return found


def by_field(error: Invalid) -> dict[str, str]:
    return {rules.field_of(one.pointer): sentence(one.detail.replace("or null:", "or empty:")) for one in error.errors}


@page(TENANT, title="Tenant", needs=Permission.MANAGE, refresh=TenantState.refresh)
def tenant() -> rx.Component:
    told = rx.fragment("How ", rx.el.b(Session.tenant_name), " looks, in the pages and in emails")
    body = rx.el.div(_form(), _letter(), class_name="beside")
    return rx.el.div(top(TENANT, told), rx.cond(TenantState.loaded, body), class_name="page settings broad")


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
    color = rx.el.div(_text("brand_color", max_length=7, spell_check=False), swatch, class_name="row")
    zones = rx.el.datalist(*[rx.el.option(value=one) for one in cron.zones()], id="zones")
    return rx.el.section(
        rx.el.h2("Settings"),
        rx.el.div(
            _field("Name", "name", _text("name", max_length=200), "It stands at the top of the pages and of each email"),
            _field("Colour", "brand_color", color, "As #RRGGBB. Text and buttons take shades of it that can be read"),
            _field("Logo", "logo_url", _text("logo_url", input_mode="url"), "A picture's https address; empty: the name alone"),
            _field(
                "Time zone",
                "timezone",
                rx.fragment(_text("timezone", custom_attrs={"list": "zones"}), zones),
                f"Of new scheduled exports, and of the days in Analytics; empty: {state.usual_zone}",
            ),
            _field(
                "Days that files are kept",
                "keep_days",
                _text("keep_days", input_mode="numeric", max_length=6),
                f"Empty: as the installation is set, {state.usual_days}",
            ),
            rx.el.div(
                button("Save", kind="primary", once=True, on_click=state.save, disabled=~state.dirty, id="save-tenant"),
                rx.cond(state.dirty, button("Undo", on_click=state.undo)),
                class_name="row",
            ),
            class_name="fields",
        ),
        class_name="card settings-card",
    )


def _field(label: str, name: str, control: rx.Component, hint: Any) -> rx.Component:
    return field(label, control, name=name, error=TenantState.errors.get(name, "").to(str), hint=hint)


def _text(name: str, **props: Any) -> rx.Component:
    wrong = TenantState.errors.get(name, "").to(str)
    return text_input(name, TenantState.typed[name], lambda text: TenantState.put(name, text), wrong, **props)


def _letter() -> rx.Component:
    # In a frame of its own with nothing allowed, as every email that is shown
    frame = rx.el.iframe(src_doc=TenantState.html, sandbox="", title="An email as it will look", class_name="mail")
    return rx.el.section(
        rx.el.h2("Email"),
        rx.el.p("Subject: ", rx.el.b(TenantState.subject, id="letter-subject"), class_name="muted"),
        frame,
        class_name="card settings-card",
        custom_attrs={"aria-label": "Email"},
    )
