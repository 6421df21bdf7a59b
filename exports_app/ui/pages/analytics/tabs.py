"""What stands at the top of both pages."""

from typing import Any

import reflex as rx

from exports_app.ui.components.tabs import tabs
from exports_app.ui.pages.analytics.address import EXPORTS, ROUTE


def top(here: str, intro: Any, *actions: rx.Component) -> rx.Component:
    """here: the page's route. intro: what it shows."""
    title = rx.el.div(rx.el.h1("Analytics"), rx.el.p(intro, id="intro"), class_name="grow")
    return rx.fragment(
        rx.el.div(title, *actions, class_name="page-top"),
        tabs("Analytics", here, [("Campaigns", ROUTE, True), ("Exports", EXPORTS, True)]),
    )
