"""Which column of the file fills which field."""

import reflex as rx

from exports_app.ui.pages.settings.data.rows import NONE, ColumnChoice, FieldChoice
from exports_app.ui.pages.settings.data.state import DataState


def columns() -> rx.Component:
    """A select for each field, with what the file's headers say chosen already."""
    note = rx.el.p(
        "Fields without a column keep their stored values. An empty cell sets a figure to 0 and"
        " removes a budget or a date.",
        class_name="muted",
    )
    return rx.el.div(
        rx.el.h3("Columns", id="columns-title"),
        note,
        rx.el.div(
            rx.foreach(DataState.fields, _field),
            class_name="mapping",
            role="group",
            custom_attrs={"aria-labelledby": "columns-title"},
        ),
        id="columns",
    )


def _field(field: FieldChoice) -> rx.Component:
    id_ = f"column-of-{field.key}"
    chosen = rx.el.select(
        rx.el.option("Not in the file", value=NONE),
        rx.foreach(DataState.columns, _option),
        id=id_,
        value=field.column,
        on_change=lambda column: DataState.choose_column(field.key, column),
        class_name="control",
        disabled=DataState.busy != "",
        required=field.required,
        custom_attrs={"aria-invalid": rx.cond(field.missing, "true", "false")},
    )
    wrong = rx.el.span("Choose its column", class_name="error-text", role="alert")
    return rx.el.div(
        rx.el.label(
            field.label,
            rx.cond(field.required, rx.el.span(" (required)", class_name="muted")),
            html_for=id_,
        ),
        chosen,
        rx.cond(field.missing, wrong),
        class_name="field",
        key=field.key,
    )


def _option(column: ColumnChoice) -> rx.Component:
    return rx.el.option(column.label, value=column.index)
