"""What stands at the top of both pages."""

from typing import Any

import reflex as rx

from exports_app.ui.components.tabs import tabs
from exports_app.ui.pages.analytics.view import ROUTE

EXPORTS = f"{ROUTE}/exports"


def top(here: str, told: Any, *actions: rx.Component) -> rx.Component:
    """here: the page's route. told: what it shows."""
    title = rx.el.div(rx.el.h1("Analytics"), rx.el.p(told, id="told"), class_name="grow")
    return rx.fragment(
        rx.el.div(title, *actions, class_name="page-top"),
        tabs("Analytics", here, [("Campaigns", ROUTE, True), ("Exports", EXPORTS, True)]),
    )
