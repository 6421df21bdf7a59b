"""A link for another person, shown once."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button


def link_to_pass_on(email: Any, link: Any, note: str, done: Any) -> rx.Component:
    """note: what it does, after "Share this link with …". done: forgets it."""
    box = rx.el.div(
        rx.el.p("Share this link with ", rx.el.b(email), ". ", note),
        rx.el.div(
            rx.el.code(link, id="link-to-pass-on", class_name="grow"),
            browser.copy_button(text=link, label="Copy"),
            button("Done", kind="small", on_click=done),
            class_name="row wrap",
        ),
        class_name="box info",
        role="status",
    )
    return rx.cond(link != "", box)
