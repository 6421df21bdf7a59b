"""The fields of options, by their declarations."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Flag,
    Option,
    Text,
    When,
    WholeNumber,
)
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import chosen, text, value
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.options import BY_NAME, NO, YES


def option_pair(*names: str) -> rx.Component:
    """Two beside each other."""
    return rx.el.div(*map(option_input, names), class_name="pair")


def option_input(name: str) -> rx.Component:
    """Not shown while another option makes it pointless."""
    option = BY_NAME[name]
    shown = _input(option)
    return shown if option.when is None else rx.cond(_holds(option.when), shown)


def _holds(when: When) -> rx.Var[bool]:
    holds = rx.Var.create(list(map(str, when.values))).contains(value(when.option))
    return ~holds if when.otherwise else holds


def _input(option: Option) -> rx.Component:
    match option.kind:
        case Choice() as kind:
            choices = [(str(key), label.text) for key, label in kind.labels.items()]
            return chosen(option.name, option.label, choices, _choice_hint(option, kind))
        case Flag():
            return chosen(option.name, option.label, [(YES, "Yes"), (NO, "No")], option.hint)
        case WholeNumber() as kind:
            mode = "decimal" if kind.entry else "numeric"
            return text(option.name, option.label, _hint(option), input_mode=mode)
        case EmailAddress():
            hint, most = _address_hint(option), bounds.TYPED_ADDRESS
            return text(option.name, option.label, hint, input_mode="email", max_length=most)
        case Text(most=most):
            return text(option.name, option.label, option.hint, max_length=most)


def _choice_hint(option: Option, kind: Choice) -> Any:
    """What comes of the chosen one, where its labels say so."""
    hints = {str(key): label.hint for key, label in kind.labels.items() if label.hint}
    return rx.match(value(option.name), *hints.items(), option.hint) if hints else option.hint


def _address_hint(option: Option) -> Any:
    doubt = DraftState.doubts.get(option.name, "").to(str)
    words = rx.el.span(doubt, class_name="warn-text", role="status")
    return rx.cond(doubt != "", words, option.hint)


def _hint(option: Option) -> Any:
    if not option.from_settings:
        return option.hint
    setting = DraftState.usual.get(option.name, "").to(str)
    return rx.Var.create("Default: ") + setting + option.hint
