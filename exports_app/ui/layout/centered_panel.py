"""Pages for which nobody needs to be signed in: a panel in the middle, with the app's name above
it."""

from typing import Any

import reflex as rx

from exports_app.ui.layout.shell import logo


def centered_panel(*content: Any, beside: rx.Component | None = None) -> rx.Component:
    """beside: what is not shown, e.g. what hands the page its link's token."""
    panel = rx.el.div(logo(), *content, class_name="panel")
    return rx.el.main(*([beside] if beside else []), panel, class_name="sign-in")
