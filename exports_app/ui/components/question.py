"""The one dialog that asks before something is done. The focus begins on *Cancel*, so that Enter
alone never does it, and goes back to where it was when the dialog closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button

Text = str | rx.Var[str]
CANCEL, CONFIRM, TYPED = "question-cancel", "question-confirm", "question-typed"
"""Ids: one question is open at a time."""


@dataclass
class Option:
    """One of several ways to do what is asked. note: what it does, in a few words."""

    key: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """Radio buttons. options: a var with a list of `Option`s; none are shown where it is empty."""

    label: str
    options: Any
    value: Any
    choose: Any


@dataclass(frozen=True)
class TypedNumber:
    """A number that must be typed before it can be done. expected: as text; empty: nothing needs
    to be typed."""

    label: Text
    expected: Any
    value: Any
    type: Any


def question(
    *more: rx.Component,
    is_open: Any,
    title: Text,
    text: Text,
    confirm: Text,
    on_confirm: Any,
    on_cancel: Any,
    cancel: str = "Cancel",
    danger: bool = True,
    icon: str = "",
    disabled: Any = False,
    choice: Choice | None = None,
    typed: TypedNumber | None = None,
    focus: str = CANCEL,
) -> rx.Component:
    """more: what else is asked, between the text and the buttons. confirm: the words of the button
    that does it: a verb. disabled: why it cannot be done is among `more`. focus: id of a field
    where something must be entered first."""
    content: Sequence[rx.Component] = [
        *more,
        *([_options(choice)] if choice else []),
        *([_number(typed)] if typed else []),
    ]
    lacks_number = (typed.expected != "") & (typed.value != typed.expected) if typed else False
    buttons = rx.el.div(
        rx.alert_dialog.cancel(button(cancel, on_click=on_cancel, id=CANCEL)),
        button(
            confirm,
            kind="danger" if danger else "primary",
            icon=icon,
            once=True,
            on_click=on_confirm,
            disabled=lacks_number | disabled if typed else disabled,
            id=CONFIRM,
        ),
        class_name="dialog-foot",
    )
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target=focus),
            rx.alert_dialog.title(browser.named(text=title), as_child=False),
            rx.alert_dialog.description(browser.named(text=text), size="2", color="gray"),
            *content,
            buttons,
            class_name="dialog slim",
            on_escape_key_down=on_cancel,
        ),
        open=is_open,
    )


def _options(choice: Choice) -> rx.Component:
    def row(option: Option) -> rx.Component:
        name = f"question-{option.key}"
        tick = rx.el.input(
            type="radio",
            class_name="tick",
            name="question-choice",
            value=option.key,
            checked=choice.value == option.key,
            on_change=lambda _: choice.choose(option.key),
            id=name,
        )
        note = rx.cond(option.note != "", rx.el.span(option.note, class_name="muted"))
        return rx.el.label(
            tick, rx.el.span(option.words, note), html_for=name, class_name="ticked", key=option.key
        )

    group = rx.el.fieldset(
        rx.el.legend(choice.label, class_name="sr"),
        rx.foreach(choice.options, row),
        class_name="choices",
    )
    return rx.cond(choice.options.length() > 0, group)


def _number(typed: TypedNumber) -> rx.Component:
    field = browser.text(
        id=TYPED,
        name=TYPED,
        value=typed.value,
        on_change=typed.type,
        delay=0,
        max_length=bounds.TYPED_NUMBER,
        input_mode="numeric",
        auto_complete="off",
        class_name="control",
    )
    asked = rx.el.div(rx.el.label(typed.label, html_for=TYPED), field, class_name="field")
    return rx.cond(typed.expected != "", asked)
