"""The field of a form that chooses scheduled exports."""

from typing import Any

import reflex as rx

from exports_app.ui.components.controls import button, field
from exports_app.ui.components.picker import opener, option, picker
from exports_app.ui.layout.schedule_choice.state import Option, ScheduleChoice

CHIPS = 6
LABEL = "Scheduled exports"


def schedules_field(name: str, error: rx.Var[str], hint: str) -> rx.Component:
    """For several. hint: while none is chosen."""
    chosen: Any = ScheduleChoice.chosen
    count = chosen.length()
    some = rx.cond(count == 1, "1 scheduled export", f"{count} scheduled exports")
    chips = rx.el.span(
        rx.foreach(chosen[:CHIPS], _chip),
        rx.cond(count > CHIPS, rx.el.span(f"and {count - CHIPS} more")),
        class_name="row wrap",
        gap="4px",
    )
    clear = button("Clear selection", kind="small ghost", on_click=ScheduleChoice.clear)
    full = f"{ScheduleChoice.most} chosen, the most there can be"
    foot = rx.el.div(
        rx.el.span(
            rx.cond(ScheduleChoice.is_full, full, _more(f"{count} chosen")),
            class_name="muted grow",
        ),
        rx.cond(count > 0, clear),
        class_name="row",
        padding="6px 8px 0",
    )
    return _field(
        name,
        error,
        rx.cond(count == 0, "All", some),
        rx.foreach(ScheduleChoice.options, lambda found: _option(found, stays=True)),
        foot,
        rx.cond(count > 0, chips, hint),
        multiple=True,
    )


def schedule_field(name: str, error: rx.Var[str]) -> rx.Component:
    """For one, or all."""
    chosen: Any = ScheduleChoice.chosen
    none = chosen.length() == 0
    every = option("", "All", chosen=none, on_click=ScheduleChoice.clear)
    return _field(
        name,
        error,
        rx.cond(none, "All", chosen[0].name),
        rx.fragment(
            rx.cond(ScheduleChoice.q == "", every), rx.foreach(ScheduleChoice.options, _option)
        ),
        rx.el.span(_more(""), class_name="muted"),
        "Choose one to limit the feed to it",
    )


def _field(
    name: str,
    error: rx.Var[str],
    shown: Any,
    options: rx.Component,
    foot: rx.Component,
    hint: Any,
    *,
    multiple: bool = False,
) -> rx.Component:
    control = picker(
        name,
        LABEL,
        opener=opener(name, LABEL, shown, error),
        query=ScheduleChoice.q,
        options=options,
        foot=foot,
        on_open=ScheduleChoice.opened,
        on_search=ScheduleChoice.search,
        multiple=multiple,
    )
    return field(LABEL, control, name=name, error=error, hint=hint)


def _more(otherwise: Any) -> Any:
    """What is below the options."""
    options: Any = ScheduleChoice.options
    nothing = (options.length() == 0) & (ScheduleChoice.q != "")
    more = f"{ScheduleChoice.more} more: search to find them"
    return rx.cond(nothing, "No results", rx.cond(ScheduleChoice.more > 0, more, otherwise))


def _option(found: Option, *, stays: bool = False) -> rx.Component:
    name, toggle = rx.el.bdi(found.name), ScheduleChoice.toggle(found.id)
    return option(found.id, name, chosen=found.chosen, on_click=toggle, stays=stays)


def _chip(chosen: Option) -> rx.Component:
    return rx.el.bdi(chosen.name, class_name="tag", key=chosen.id)
