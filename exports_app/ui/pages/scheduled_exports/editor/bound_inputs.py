"""Fields of the form, each bound to its value and its error in the draft."""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from exports_app.ui.components.controls import described, field, select, text_input
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields


def value(name: str) -> rx.Var[str]:
    return DraftState.values[name].to(str)


def error(name: str) -> rx.Var[str]:
    return DraftState.errors.get(name, "").to(str)


def text(name: str, label: str, hint: Any = "", **props: Any) -> rx.Component:
    control = text_input(name, value(name), _put(name), error(name), keep=True, **props)
    return field(label, control, name=name, error=error(name), hint=hint)


def chosen(
    name: str, label: str, choices: Iterable[tuple[str, str]], hint: Any = ""
) -> rx.Component:
    control = select(name, value(name), _put(name), choices, **described(name, error(name)))
    return field(label, control, name=name, error=error(name), hint=hint)


def _put(name: str) -> Any:
    return lambda value: Fields.put(name, value)
