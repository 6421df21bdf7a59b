"""A field that opens a searchable list."""

from typing import Any

import reflex as rx

from exports_app.services.core.export_filters import CampaignFilter, declared
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, field
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.pickers import (
    CHIPS,
    CampaignPicker,
    Option,
    ZonePicker,
)


def _picker(
    name: str,
    label: str,
    state: Any,
    shown: Any,
    choose: Any,
    below: Any,
    *,
    error: Any,
    multiple: bool,
) -> rx.Component:
    def option(one: Option) -> rx.Component:
        item = rx.el.button(
            rx.icon("check", size=14, aria_hidden="true"),
            rx.el.bdi(one.label),
            type="button",
            role="option",
            class_name="option",
            on_click=choose(one.key),
            custom_attrs={"aria-selected": rx.cond(one.chosen, "true", "false")},
            key=one.key,
        )
        return item if multiple else rx.popover.close(item)

    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.el.span(shown, class_name="grow one-line", text_align="left"),
                rx.icon("chevron-down", size=14, aria_hidden="true"),
                type="button",
                id=name,
                class_name="control row",
                custom_attrs={
                    "aria-label": rx.Var.create(f"{label}: ") + shown,
                    "aria-describedby": rx.cond(error != "", f"{name}-error", f"{name}-hint"),
                },
            )
        ),
        rx.popover.content(
            browser.text(
                type="search",
                value=state.q,
                on_change=state.search,
                placeholder="Search …",
                class_name="control",
                auto_focus=True,
                custom_attrs={"aria-label": f"Search {label.lower()}"},
            ),
            browser.options(rx.foreach(state.options, option), label=label, multiple=multiple),
            below,
            class_name="popover",
            custom_attrs={"aria-label": label},
        ),
        on_open_change=state.opened,
    )


def campaign_picker(error: rx.Var[str]) -> rx.Component:
    count = CampaignPicker.count
    filters = {one.key: declared(one, CampaignFilter) for one in EXPORT_TYPES}
    chosen_type = DraftState.values["export_type"].to(str)
    takes = rx.Var.create([key for key, taken in filters.items() if taken]).contains(chosen_type)
    needing = [key for key, taken in filters.items() if taken and taken.required]
    needs = rx.Var.create(needing).contains(chosen_type)
    shown = rx.cond(
        count == 0,
        rx.cond(needs, "Choose campaigns", "All campaigns"),
        rx.cond(count == 1, "1 campaign", f"{count} campaigns"),
    )
    more = CampaignPicker.total - CampaignPicker.options.length()
    below = rx.el.div(
        rx.el.span(
            rx.cond(
                CampaignPicker.options.length() == 0,
                "No campaign is called that",
                rx.cond(more > 0, f"{more} more: search for them", f"{count} chosen"),
            ),
            class_name="muted grow",
        ),
        rx.cond(
            count > 0, button("Choose none", kind="small ghost", on_click=CampaignPicker.clear)
        ),
        class_name="row",
        padding="6px 8px 0",
    )
    names = rx.el.span(
        rx.foreach(
            CampaignPicker.chosen, lambda one: rx.el.bdi(one.label, class_name="tag", key=one.key)
        ),
        rx.cond(count > CHIPS, rx.el.span(f"and {count - CHIPS} more")),
        class_name="row wrap",
        gap="4px",
    )
    hint = rx.cond(
        count > 0,
        names,
        rx.cond(needs, "At least one", "All of the tenant's, unless you choose some"),
    )
    control = _picker(
        "campaigns",
        "Campaigns",
        CampaignPicker,
        shown,
        CampaignPicker.toggle,
        below,
        error=error,
        multiple=True,
    )
    return rx.cond(
        takes,
        field("Campaigns", control, name="campaigns", error=error, hint=hint),
        rx.fragment(),
    )


def zone_picker(error: rx.Var[str]) -> rx.Component:
    none = rx.cond(
        ZonePicker.options.length() == 0,
        rx.el.div("No zone is called that", class_name="muted", padding="6px 8px"),
    )
    shown = DraftState.values["timezone"].to(str)
    control = _picker(
        "timezone",
        "Time zone",
        ZonePicker,
        shown,
        ZonePicker.choose,
        none,
        error=error,
        multiple=False,
    )
    return field(
        "Time zone", control, name="timezone", error=error, hint="The schedule follows its clock"
    )
