"""The card of the sign-in, on the page of the tenant."""

import reflex as rx

from exports_app.ui.components.controls import switch
from exports_app.ui.pages.settings.tenant.sign_in.state import TenantSignInState

LABEL = "Require two-factor authentication"


def card() -> rx.Component:
    control = switch(
        LABEL,
        checked=TenantSignInState.required,
        on_change=TenantSignInState.require,
        id="require-second-factor",
    )
    intro = (
        "Members without it have no access here until they set it up under Settings, Account. "
        "Their scheduled exports keep running. Super admins follow the rule of the installation."
    )
    return rx.el.section(
        rx.el.h2("Sign-in"),
        rx.el.label(control, rx.el.span(LABEL), class_name="row spaced"),
        rx.el.p(intro, class_name="muted"),
        class_name="card settings-card",
    )
