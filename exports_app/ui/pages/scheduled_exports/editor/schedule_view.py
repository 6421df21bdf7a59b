"""The part of the form that says when a schedule runs: presets, how often, time zone."""

import reflex as rx

from exports_app.domain.timing.presets import CUSTOM, PRESETS
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import error, text
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.pickers_view import zone_picker
from exports_app.ui.pages.scheduled_exports.editor.preview import SchedulePanel
from exports_app.ui.pages.scheduled_exports.editor.repeats_view import details, rhythm_field


def schedule_section() -> list[rx.Component]:
    return [
        rx.el.h2("Schedule", class_name="section"),
        _presets(),
        # The cron field comes before the details: they change while someone types in it
        rx.el.div(rhythm_field(), _cron_field(), class_name="pair"),
        details(_frequency()),
        zone_picker(error("timezone")),
    ]


def _frequency() -> rx.Component:
    look = rx.cond(DraftState.too_often, "warn-text", "hint")
    words = rx.el.p(DraftState.frequency, class_name=look, id="frequency")
    return rx.el.div(rx.cond(DraftState.frequency != "", words), role="status")


def _presets() -> rx.Component:
    presets = [
        _preset(preset.key, preset.label, preset.expression, preset.expression)
        for preset in PRESETS
    ]
    return rx.el.fieldset(
        rx.el.legend("Schedule", class_name="sr"),
        *presets,
        _preset(CUSTOM, "Custom", "as set below", ""),
        class_name="presets",
    )


def _preset(key: str, label: str, note: str, expression: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="preset",
            value=key,
            checked=SchedulePanel.preset == key,
            on_change=lambda _: Fields.choose_preset(expression),
        ),
        label,
        rx.el.small(note),
        class_name="preset",
    )


def _cron_field() -> rx.Component:
    problem = SchedulePanel.problem
    marks = {
        "aria-invalid": rx.cond((error("schedule") != "") | (problem != ""), "true", "false"),
        "aria-describedby": rx.cond(
            error("schedule") != "",
            "schedule-error",
            rx.cond(problem != "", "schedule-problem schedule-hint", "schedule-hint"),
        ),
    }
    # In a wide window the panel beside the form shows the problem. In a narrow one the panel is far
    # below, so the field shows it too
    rule = "Minute, hour, day, month, weekday"
    hint = rx.cond(
        problem != "",
        rx.fragment(rx.el.span(problem, class_name="problem"), rx.el.span(rule, class_name="rule")),
        rx.el.span(rule),
    )
    return text(
        "schedule",
        "Cron expression",
        hint,
        class_name="control code",
        spell_check=False,
        custom_attrs=marks,
    )
