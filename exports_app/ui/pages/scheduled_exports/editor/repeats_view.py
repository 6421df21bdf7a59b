"""The fields that say how often it runs, without cron."""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.timing.cron_description import ORDINALS
from exports_app.domain.timing.cron_grammar import MONTHS, WEEKDAYS
from exports_app.domain.timing.repeats import HOUR_STEPS, MINUTE_STEPS, Rhythm
from exports_app.ui.components import browser
from exports_app.ui.components.controls import described, field, select
from exports_app.ui.pages.scheduled_exports.editor import repeats
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState

RHYTHMS = [
    (Rhythm.MINUTES, "Every few minutes"),
    (Rhythm.HOURS, "Every few hours"),
    (Rhythm.DAILY, "Daily"),
    (Rhythm.WEEKLY, "Weekly"),
    (Rhythm.MONTHLY, "Monthly"),
    (Rhythm.QUARTERLY, "Quarterly"),
    (repeats.CUSTOM, "Custom cron"),
]
FROM_MONDAY = [(str(day % 7), WEEKDAYS[day % 7]) for day in range(1, 8)]
WHICH = [
    (repeats.DATE, "Date"),
    *((str(n), ORDINALS[n - 1].capitalize()) for n in range(1, 5)),
    (repeats.LAST, "Last"),
]
DATES = [(str(day), str(day)) for day in range(1, 32)]
OF_THE_LAST = [
    (repeats.DAY, "day"),
    (repeats.WORKDAY, "weekday (Monday to Friday)"),
    *FROM_MONDAY,
]
FIRST_MONTHS = [(str(n), MONTHS[n - 1]) for n in range(1, 4)]
SKIPS = "Months without this day are skipped. For the end of the month, choose Last."


def rhythm_field() -> rx.Component:
    control = _select("rhythm", "repeats", RepeatState.rhythm, RHYTHMS)
    return _field("Repeats", control, "repeats")


def details(*below: rx.Component) -> rx.Component:
    """What else is to be chosen for the rhythm."""
    return rx.el.div(_fields(), *below, class_name="repeats")


def _fields() -> rx.Component:
    state = RepeatState
    of_month = [_which(), _day()]
    return rx.match(
        state.rhythm,
        (Rhythm.MINUTES.value, _row(_step("minute", MINUTE_STEPS))),
        (Rhythm.HOURS.value, _row(_step("hour", HOUR_STEPS), _minute())),
        (Rhythm.DAILY.value, _row(_time())),
        (Rhythm.WEEKLY.value, _row(_weekdays(), _time())),
        (Rhythm.MONTHLY.value, rx.fragment(_row(*of_month, _time()), _skips())),
        (
            Rhythm.QUARTERLY.value,
            rx.fragment(_row(_month(), *of_month, _time()), _skips()),
        ),
        rx.fragment(),
    )


def _row(*fields: rx.Component) -> rx.Component:
    return rx.el.div(*fields, class_name="repeat")


def _skips() -> rx.Component:
    return rx.cond(RepeatState.skips, rx.el.p(SKIPS, class_name="hint", id="repeat_skips"))


def _step(unit: str, steps: Iterable[int]) -> rx.Component:
    choices = [(str(n), f"{n} {unit}s" if n > 1 else unit) for n in steps]
    return _field("Every", _select("step", "repeat_step", RepeatState.step, choices), "repeat_step")


def _minute() -> rx.Component:
    choices = [(str(minute), f"{minute:02}") for minute in range(60)]
    control = _select("minute", "repeat_minute", RepeatState.minute, choices)
    return _field("At minute", control, "repeat_minute")


def _which() -> rx.Component:
    return _field(
        "On the", _select("which", "repeat_which", RepeatState.which, WHICH), "repeat_which"
    )


def _day() -> rx.Component:
    def one_of(choices: list[tuple[str, str]]) -> rx.Component:
        return _select("day", "repeat_day", RepeatState.day, choices)

    control = rx.match(
        RepeatState.which,
        (repeats.DATE, one_of(DATES)),
        (repeats.LAST, one_of(OF_THE_LAST)),
        one_of(FROM_MONDAY),
    )
    return _field("Day", control, "repeat_day")


def _month() -> rx.Component:
    control = _select("month", "repeat_month", RepeatState.month, FIRST_MONTHS)
    return _field("Starting in", control, "repeat_month")


def _time() -> rx.Component:
    wrong = RepeatState.errors.get(repeats.TIME, "").to(str)
    control = browser.text(
        id=repeats.TIME,
        name=repeats.TIME,
        value=RepeatState.time,
        on_change=lambda text: Fields.repeat("time", text),
        on_blur=Fields.settle_time,
        class_name="control num",
        auto_complete="off",
        placeholder="HH:MM",
        max_length=bounds.TIME_OF_DAY,
        **described(repeats.TIME, wrong),
    )
    return field("Time (24 h)", control, name=repeats.TIME, error=wrong)


def _weekdays() -> rx.Component:
    wrong = RepeatState.errors.get(repeats.WEEKDAYS, "").to(str)
    boxes = [_weekday(day, name, is_first=at == 0) for at, (day, name) in enumerate(FROM_MONDAY)]
    return rx.el.fieldset(
        rx.el.legend("On", class_name="label"),
        rx.el.div(*boxes, class_name="weekdays"),
        rx.cond(
            wrong != "",
            rx.el.span(
                wrong, id=f"{repeats.WEEKDAYS}-error", class_name="error-text", role="alert"
            ),
        ),
        class_name="field days",
    )


def _weekday(day: str, name: str, *, is_first: bool) -> rx.Component:
    attributes: dict[str, Any] = {"id": repeats.WEEKDAYS} if is_first else {}
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=RepeatState.weekdays.contains(day),
            on_change=lambda _: Fields.repeat("weekday", day),
            custom_attrs={"aria-label": name},
            **attributes,
        ),
        name[:3],
        class_name="preset",
        title=name,
    )


def _select(
    name: str, element_id: str, value: rx.Var[str], choices: Iterable[tuple[str, str]]
) -> rx.Component:
    return select(element_id, value, lambda chosen: Fields.repeat(name, chosen), choices)


def _field(label: str, control: rx.Component, name: str) -> rx.Component:
    return field(label, control, name=name, error=rx.Var.create(""))
