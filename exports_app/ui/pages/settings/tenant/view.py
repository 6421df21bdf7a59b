"""The page of the tenant's settings."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.runs.history_retention import KEPT_RUNS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.zone_picker import zone_field
from exports_app.ui.pages.settings.tabs import TENANT, top
from exports_app.ui.pages.settings.tenant.quotas import view as quotas
from exports_app.ui.pages.settings.tenant.sign_in import view as sign_in
from exports_app.ui.pages.settings.tenant.state import TenantState


@page(TENANT, title="Tenant", needs=Permission.MANAGE, refresh=TenantState.refresh)
def tenant() -> rx.Component:
    intro = rx.fragment(
        "How ", rx.el.b(SessionState.tenant_name), " looks on the pages and in emails"
    )
    forms = rx.el.div(_form(), sign_in.card(), class_name="column")
    body = rx.fragment(rx.el.div(forms, _email(), class_name="beside"), quotas.card())
    return rx.el.div(
        top(TENANT, intro), rx.cond(TenantState.loaded, body), class_name="page settings"
    )


def _form() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Settings"),
        rx.el.div(
            *_branding_fields(),
            _zone_field(),
            *_rule_fields(),
            _buttons(),
            class_name="fields",
        ),
        class_name="card settings-card",
    )


def _branding_fields() -> list[rx.Component]:
    return [
        _field(
            "Name",
            "name",
            _text("name", max_length=bounds.NAME),
            "Shown at the top of the pages and of each email",
        ),
        _field(
            "Colour",
            "brand_color",
            _color(),
            "As #RRGGBB. Text and buttons use readable shades of it",
        ),
        _field(
            "Logo",
            "logo_url",
            _text("logo_url", input_mode="url"),
            "HTTPS URL of an image. Default: name only",
        ),
    ]


def _color() -> rx.Component:
    swatch = browser.text(
        type="color",
        id="swatch",
        name="swatch",
        value=TenantState.swatch,
        on_change=lambda color: TenantState.put("brand_color", color),
        class_name="swatch",
        custom_attrs={"aria-label": "Choose the colour"},
    )
    return rx.el.div(
        _text("brand_color", max_length=bounds.COLOR, spell_check=False), swatch, class_name="row"
    )


def _zone_field() -> rx.Component:
    return zone_field(
        TenantState.typed["timezone"],
        TenantState.errors.get("timezone", "").to(str),
        lambda zone: TenantState.put("timezone", zone),
        "For new scheduled exports, and for the days in Analytics",
        default=TenantState.usual_zone,
    )


def _rule_fields() -> list[rx.Component]:
    return [
        _field(
            "Days to keep files",
            "keep_days",
            _text("keep_days", input_mode="numeric", max_length=bounds.WRITTEN),
            f"Default: {TenantState.usual_days}",
        ),
        _field(
            "Days to keep the history",
            "keep_runs_days",
            _text("keep_runs_days", input_mode="numeric", max_length=bounds.WRITTEN),
            (
                f"Older runs are removed; the newest {KEPT_RUNS} of each scheduled export stay. "
                f"Default: {TenantState.usual_runs_days}"
            ),
        ),
        _field(
            "Recipient domains",
            "recipient_domains",
            _text("recipient_domains", spell_check=False),
            "Files are sent only to these, e.g. example.com, *.example.org. Default: all domains",
        ),
    ]


def _buttons() -> rx.Component:
    state = TenantState
    return rx.el.div(
        button(
            "Save",
            kind="primary",
            once=True,
            on_click=state.save,
            disabled=~state.dirty,
            id="save-tenant",
        ),
        rx.cond(state.dirty, button("Discard changes", on_click=state.undo)),
        class_name="row",
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


def _email() -> rx.Component:
    # In a sandboxed frame, like every email that is shown
    frame = rx.el.iframe(
        src_doc=TenantState.html, sandbox="", title="Email preview", class_name="mail"
    )
    return rx.el.section(
        rx.el.h2("Email"),
        rx.el.p("Subject: ", rx.el.b(TenantState.subject, id="email-subject"), class_name="muted"),
        frame,
        class_name="card settings-card",
        custom_attrs={"aria-label": "Email"},
    )
