"""The part of the form that says what is exported: name, type, format, period, campaigns."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import chosen, error, text, value
from exports_app.ui.pages.scheduled_exports.editor.pickers_view import campaign_picker
from exports_app.ui.pages.scheduled_exports.editor.tags_view import tags_field


def data_section() -> list[rx.Component]:
    return [
        rx.el.h2("Data", class_name="section"),
        *_name_and_description(),
        tags_field(),
        _type_and_format(),
        rx.el.div(
            chosen("period", "Period", form.PERIODS, "Relative to the run date"),
            campaign_picker(error("campaigns")),
            class_name="pair",
        ),
        _dates(),
        _grouping(),
    ]


def _name_and_description() -> tuple[rx.Component, rx.Component]:
    return (
        text("name", "Name", max_length=bounds.NAME, placeholder="Weekly campaign report"),
        text(
            "description",
            "Description (optional)",
            max_length=bounds.DESCRIPTION,
            placeholder="Purpose of this export",
            multiline=True,
        ),
    )


def _type_and_format() -> rx.Component:
    descriptions = [(export_type.key, export_type.description) for export_type in EXPORT_TYPES]
    hint = rx.match(value("export_type"), *descriptions, "")
    return rx.el.div(
        chosen("export_type", "Export type", form.TYPES, hint),
        chosen("format", "Format", form.FILE_FORMATS),
        class_name="pair",
    )


def _dates() -> rx.Component:
    return rx.cond(
        value("period") == form.DATES,
        rx.el.div(
            text("start_date", "From", "Leave empty to start at the first day", type="date"),
            text("end_date", "To", "Leave empty to end at the latest day", type="date"),
            class_name="pair",
        ),
    )


def _grouping() -> rx.Component:
    hint = "One row per period and currency"
    return rx.match(
        value("export_type"),
        *[
            (key, chosen("group_by", "Grouping", choices, hint))
            for key, choices in form.groupings().items()
        ],
        rx.fragment(),
    )
