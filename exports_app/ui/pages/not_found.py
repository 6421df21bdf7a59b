"""The page for an unknown address."""

import reflex as rx

from exports_app.ui.components.controls import message
from exports_app.ui.framework.page import page


@page("404", title="Not found", public=True, framed=True)
def not_found() -> rx.Component:
    home = rx.el.a("Go to scheduled exports", href="/scheduled-exports", class_name="btn primary")
    return rx.el.main(
        message(
            "map-pin-off",
            "Page not found",
            "The address is wrong, or the page has moved.",
            home,
            level="h1",
        ),
        id="content",
        tab_index=-1,
    )
