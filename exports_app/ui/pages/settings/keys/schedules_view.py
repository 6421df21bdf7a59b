"""The field that limits a new API key to chosen scheduled exports."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components.controls import button, field
from exports_app.ui.components.picker import opener, option, picker
from exports_app.ui.pages.settings.keys.schedules import KeySchedules, Option

CHIPS = 6
NAME, LABEL = "key-schedules", "Scheduled exports"


def schedules_field(error: rx.Var[str]) -> rx.Component:
    chosen: Any = KeySchedules.chosen
    count = chosen.length()
    some = rx.cond(count == 1, "1 scheduled export", f"{count} scheduled exports")
    summary = rx.cond(count == 0, "All", some)
    control = picker(
        NAME,
        LABEL,
        opener=opener(NAME, LABEL, summary, error),
        query=KeySchedules.q,
        options=rx.foreach(KeySchedules.options, _option),
        foot=_foot(count),
        on_open=KeySchedules.opened,
        on_search=KeySchedules.search,
        multiple=True,
    )
    hint = rx.cond(
        count > 0,
        rx.el.span(
            rx.foreach(chosen[:CHIPS], _chip),
            rx.cond(count > CHIPS, rx.el.span(f"and {count - CHIPS} more")),
            class_name="row wrap",
            gap="4px",
        ),
        f"Up to {bounds.KEY_SCHEDULES}; with chosen ones, the key can reach nothing else",
    )
    return field(LABEL, control, name=NAME, error=error, hint=hint)


def _option(found: Option) -> rx.Component:
    name, toggle = rx.el.bdi(found.name), KeySchedules.toggle(found.id)
    return option(found.id, name, chosen=found.chosen, on_click=toggle, stays=True)


def _chip(chosen: Option) -> rx.Component:
    return rx.el.bdi(chosen.name, class_name="tag", key=chosen.id)


def _foot(count: Any) -> rx.Component:
    options: Any = KeySchedules.options
    words = rx.cond(
        options.length() == 0,
        "No results",
        rx.cond(
            KeySchedules.is_full,
            f"{bounds.KEY_SCHEDULES} chosen, the most there can be",
            rx.cond(
                KeySchedules.more > 0,
                f"{KeySchedules.more} more: search to find them",
                f"{count} chosen",
            ),
        ),
    )
    return rx.el.div(
        rx.el.span(words, class_name="muted grow"),
        rx.cond(
            count > 0, button("Clear selection", kind="small ghost", on_click=KeySchedules.clear)
        ),
        class_name="row",
        padding="6px 8px 0",
    )
