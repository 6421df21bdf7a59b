"""The part of the form that says to whom the file goes."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import error
from exports_app.ui.pages.scheduled_exports.editor.destinations_view import destinations_field
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.form import Chip


def recipients_section() -> list[rx.Component]:
    return [
        rx.el.h2("Send to", class_name="section"),
        rx.el.div(
            rx.el.label("Recipients", html_for="recipients"),
            _chips(),
            _errors(),
            rx.el.span(
                "Up to 50. Type or paste email addresses.",
                id="recipients-hint",
                class_name="hint",
            ),
            class_name="field",
        ),
        destinations_field(),
    ]


def _chips() -> rx.Component:
    return rx.el.div(
        rx.foreach(DraftState.chips, _chip),
        browser.chip_input(
            id="recipients",
            label="Add recipients",
            describedby="recipients-errors recipients-hint",
            invalid=error("recipients") != "",
            unfinished=DraftState.unfinished,
            to_fix=DraftState.to_fix,
            on_add=Fields.add_recipients,
            on_drop=Fields.drop_last,
        ),
        class_name=rx.cond(error("recipients") != "", "chips bad", "chips"),
    )


def _chip(chip: Chip) -> rx.Component:
    remove = rx.el.button(
        rx.icon("x", size=12, aria_hidden="true"),
        type="button",
        on_click=Fields.drop_recipient(chip.text),
        custom_attrs={"aria-label": f"Remove {chip.text}"},
    )
    fix = rx.el.button(
        chip.text,
        type="button",
        on_click=Fields.fix_recipient(chip.text),
        title="Fix this address",
        custom_attrs={"aria-label": f"Fix {chip.text}"},
    )
    return rx.el.span(
        rx.cond(chip.error + chip.warning != "", fix, rx.el.span(chip.text)),
        remove,
        class_name=rx.cond(
            chip.error != "", "chip bad", rx.cond(chip.warning != "", "chip warn", "chip")
        ),
        key=chip.text,
    )


def _errors() -> rx.Component:
    return rx.el.div(
        rx.foreach(DraftState.chips, _chip_error),
        rx.cond(
            error("recipients") != "",
            rx.el.span(error("recipients"), class_name="error-text", role="alert"),
        ),
        id="recipients-errors",
        class_name="errors",
    )


def _chip_error(chip: Chip) -> rx.Component:
    return rx.fragment(
        rx.cond(chip.error != "", rx.el.span(chip.error, class_name="error-text", role="alert")),
        rx.cond(
            chip.warning != "", rx.el.span(chip.warning, class_name="warn-text", role="status")
        ),
    )
