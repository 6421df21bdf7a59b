"""What is under way, and how far it is."""

from typing import Any

import reflex as rx

from exports_app.ui.pages.settings.data.state import DataState


def busy(name: str, when: Any) -> rx.Component:
    """Shown beside what was pressed. name: the element's id. when: whether it is shown here."""
    percent = rx.el.div(
        rx.el.progress(
            max=100,
            value=DataState.percent,
            class_name="progress",
            custom_attrs={"aria-label": DataState.busy},
        ),
        rx.el.span(f"{DataState.percent} %", class_name="num hint"),
        class_name="row",
    )
    words = rx.el.div(
        rx.cond(when, rx.el.span(DataState.busy, " …", class_name="hint")), role="status", id=name
    )
    return rx.fragment(words, rx.cond(when, rx.cond(DataState.percent > 0, percent)))
