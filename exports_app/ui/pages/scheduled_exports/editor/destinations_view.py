"""The field of the form that says to which destinations the file goes."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components.channel_icon import channel_icon
from exports_app.ui.components.controls import field, link
from exports_app.ui.components.picker import opener, option, picker
from exports_app.ui.framework.session import DESTINATIONS
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import error
from exports_app.ui.pages.scheduled_exports.editor.destinations import (
    Destination,
    DestinationPicker,
)

NAME = "destinations"
NEW = f"{DESTINATIONS}?new=1"


def destinations_field() -> rx.Component:
    wrong = error(NAME)
    count = DestinationPicker.chosen.length()
    words = rx.cond(
        count == 0, "None", rx.cond(count == 1, "1 destination", f"{count} destinations")
    )
    control = picker(
        NAME,
        "Destinations",
        opener=opener(NAME, "Destinations", words, wrong),
        query=DestinationPicker.q,
        options=rx.foreach(DestinationPicker.options, _option),
        foot=_foot(),
        on_open=DestinationPicker.opened,
        on_search=DestinationPicker.search,
        multiple=True,
    )
    hint = rx.cond(
        count > 0,
        rx.el.span(rx.foreach(DestinationPicker.chosen, _chip), class_name="row wrap", gap="4px"),
        f"Up to {bounds.DESTINATIONS}, such as a bucket. They get the file beside the recipients, "
        "or instead of them.",
    )
    return field("Destinations", control, name=NAME, error=wrong, hint=hint)


def _option(one: Destination) -> rx.Component:
    return option(
        one.key,
        channel_icon(one.channel),
        rx.el.bdi(one.name),
        rx.cond(~one.works, rx.el.span("not active", class_name="muted")),
        chosen=one.chosen,
        on_click=DestinationPicker.toggle(one.key),
        stays=True,
    )


def _foot() -> rx.Component:
    said = rx.cond(
        DestinationPicker.is_full,
        f"{bounds.DESTINATIONS} chosen, the maximum",
        rx.cond(DestinationPicker.options.length() == 0, "No results", ""),
    )
    # In a tab of its own: the form stays as it is, and has the new one when this is opened again
    new = link("New destination", href=NEW, is_external=True, class_name="btn small ghost")
    return rx.el.div(
        rx.el.span(said, class_name="muted grow"), new, class_name="row", padding="6px 8px 0"
    )


def _chip(one: Destination) -> rx.Component:
    remove = rx.el.button(
        rx.icon("x", size=12, aria_hidden="true"),
        type="button",
        on_click=DestinationPicker.toggle(one.key),
        custom_attrs={"aria-label": f"Remove {one.name}"},
    )
    return rx.el.span(
        rx.el.span(
            channel_icon(one.channel),
            " ",
            rx.el.bdi(one.name),
            rx.cond(one.works, "", " (not active)"),
        ),
        remove,
        class_name=rx.cond(one.works, "chip", "chip warn"),
        key=one.key,
    )
