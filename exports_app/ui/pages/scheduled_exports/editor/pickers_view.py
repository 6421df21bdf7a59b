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


def campaign_picker(error: rx.Var[str]) -> rx.Component:
    declarations = {
        export_type.key: declared(export_type, CampaignFilter) for export_type in EXPORT_TYPES
    }
    taking = [key for key, declaration in declarations.items() if declaration]
    requiring = [
        key for key, declaration in declarations.items() if declaration and declaration.required
    ]
    chosen_type = DraftState.values["export_type"].to(str)
    takes = rx.Var.create(taking).contains(chosen_type)
    needs = rx.Var.create(requiring).contains(chosen_type)
    control = _picker(
        "campaigns",
        "Campaigns",
        CampaignPicker,
        _campaigns_summary(needs),
        CampaignPicker.toggle,
        _campaigns_foot(),
        error=error,
        multiple=True,
    )
    hint = rx.cond(
        CampaignPicker.count > 0,
        _chosen_campaigns(),
        rx.cond(needs, "Choose at least one", "Leave empty for all campaigns"),
    )
    return rx.cond(
        takes,
        field("Campaigns", control, name="campaigns", error=error, hint=hint),
        rx.fragment(),
    )


def _campaigns_summary(needs: rx.Var[bool]) -> Any:
    """What the closed field says."""
    count = CampaignPicker.count
    return rx.cond(
        count == 0,
        rx.cond(needs, "Choose campaigns", "All campaigns"),
        rx.cond(count == 1, "1 campaign", f"{count} campaigns"),
    )


def _campaigns_foot() -> rx.Component:
    count = CampaignPicker.count
    more = CampaignPicker.total - CampaignPicker.options.length()
    return rx.el.div(
        rx.el.span(
            rx.cond(
                CampaignPicker.options.length() == 0,
                "No results",
                rx.cond(more > 0, f"{more} more: search to find them", f"{count} chosen"),
            ),
            class_name="muted grow",
        ),
        rx.cond(
            count > 0, button("Clear selection", kind="small ghost", on_click=CampaignPicker.clear)
        ),
        class_name="row",
        padding="6px 8px 0",
    )


def _chosen_campaigns() -> rx.Component:
    count = CampaignPicker.count
    return rx.el.span(
        rx.foreach(
            CampaignPicker.chosen,
            lambda option: rx.el.bdi(option.label, class_name="tag", key=option.key),
        ),
        rx.cond(count > CHIPS, rx.el.span(f"and {count - CHIPS} more")),
        class_name="row wrap",
        gap="4px",
    )


def zone_picker(error: rx.Var[str]) -> rx.Component:
    none = rx.cond(
        ZonePicker.options.length() == 0,
        rx.el.div("No results", class_name="muted", padding="6px 8px"),
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
        "Time zone",
        control,
        name="timezone",
        error=error,
        hint="Daylight saving is handled automatically",
    )


def _picker(
    name: str,
    label: str,
    state: Any,
    shown: Any,
    choose: Any,
    foot: Any,
    *,
    error: Any,
    multiple: bool,
) -> rx.Component:
    """shown: what the closed field says. foot: below the options."""
    options = rx.foreach(state.options, lambda option: _option(option, choose, multiple=multiple))
    return rx.popover.root(
        rx.popover.trigger(_opener(name, label, shown, error)),
        rx.popover.content(
            _search(label, state),
            browser.options(options, label=label, multiple=multiple),
            foot,
            class_name="popover",
            custom_attrs={"aria-label": label},
        ),
        on_open_change=state.opened,
    )


def _opener(name: str, label: str, shown: Any, error: Any) -> rx.Component:
    return rx.el.button(
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


def _search(label: str, state: Any) -> rx.Component:
    return browser.text(
        type="search",
        value=state.q,
        on_change=state.search,
        placeholder="Search …",
        class_name="control",
        auto_focus=True,
        custom_attrs={"aria-label": f"Search {label.lower()}"},
    )


def _option(option: Option, choose: Any, *, multiple: bool) -> rx.Component:
    item = rx.el.button(
        rx.icon("check", size=14, aria_hidden="true"),
        rx.el.bdi(option.label),
        type="button",
        role="option",
        class_name="option",
        on_click=choose(option.key),
        custom_attrs={"aria-selected": rx.cond(option.chosen, "true", "false")},
        key=option.key,
    )
    return item if multiple else rx.popover.close(item)
