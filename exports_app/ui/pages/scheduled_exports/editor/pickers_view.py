"""The fields that open a searchable list."""

from typing import Any

import reflex as rx

from exports_app.services.core.export_filters import CampaignFilter, declared
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.ui.components.controls import button, field
from exports_app.ui.components.picker import opener, option, picker
from exports_app.ui.layout.zone_picker import zone_field
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.pickers import CHIPS, CampaignPicker, Option


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
    control = picker(
        "campaigns",
        "Campaigns",
        opener=opener("campaigns", "Campaigns", _campaigns_summary(needs), error),
        query=CampaignPicker.q,
        options=rx.foreach(CampaignPicker.options, _option),
        foot=_campaigns_foot(),
        on_open=CampaignPicker.opened,
        on_search=CampaignPicker.search,
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
    return zone_field(
        DraftState.values["timezone"].to(str),
        error,
        lambda zone: Fields.put("timezone", zone),
        "Daylight saving is handled automatically",
    )


def _option(campaign: Option) -> rx.Component:
    return option(
        campaign.key,
        rx.el.bdi(campaign.label),
        chosen=campaign.chosen,
        on_click=CampaignPicker.toggle(campaign.key),
        stays=True,
    )
