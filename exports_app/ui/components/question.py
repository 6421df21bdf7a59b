"""The one dialog that asks before something is done. The focus begins on *Cancel*, so that Enter
alone never does it, and goes back to where it was when the dialog closes.

No dialog is shown over another one: where a dialog is open, the question takes the place of its
content (`inside`), and the content comes back as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button

Text = str | rx.Var[str]
CANCEL, CONFIRM, TYPED = "question-cancel", "question-confirm", "question-typed"
TITLE, TEXT = "question-title", "question-text"
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
    inside: bool = False,
) -> rx.Component:
    """more: what else is asked, between the text and the buttons. confirm: the words of the button
    that does it: a verb. disabled: why it cannot be done is among `more`. focus: id of a field
    where something must be entered first. inside: in the place of the content of the dialog that it
    is put into, which has the class of `holding`, and whose `on_open_change` answers it with no."""
    content: Sequence[rx.Component] = [
        *more,
        *([_options(choice)] if choice else []),
        *([_number(typed)] if typed else []),
    ]
    cancelling = button(cancel, on_click=on_cancel, id=CANCEL)
    lacks_number = (typed.expected != "") & (typed.value != typed.expected) if typed else False
    buttons = rx.el.div(
        cancelling if inside else rx.alert_dialog.cancel(cancelling),
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
    if inside:
        asked = panel(
            browser.focus(target=focus),
            rx.el.h1(browser.named(text=title), id=TITLE),
            rx.el.p(browser.named(text=text), id=TEXT),
            *content,
            buttons,
            role="alertdialog",
            custom_attrs={"aria-labelledby": TITLE, "aria-describedby": TEXT},
        )
        return rx.cond(is_open, asked)
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


def panel(*content: rx.Component, **props: Any) -> rx.Component:
    """What takes the place of a dialog's content for a while: see `holding`. The focus then goes
    back to where it was."""
    return rx.el.div(browser.return_focus(), *content, class_name="dialog-panel", **props)


def holding(look: str, asks: Any, panels: Any = False) -> Any:
    """The class of a dialog that is `look` otherwise. asks: a question is inside. panels: another
    panel is."""
    held = rx.cond(panels, f"dialog {look} has-panel", f"dialog {look}")
    return rx.cond(asks, "dialog slim has-panel", held)


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
        note = rx.cond(
            option.note != "", rx.el.span(browser.named(text=option.note), class_name="muted")
        )
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
