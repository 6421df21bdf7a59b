"""Buttons, fields and marks, each with its label. Looks are in assets/ui.css."""

from collections.abc import Iterable, Sequence
from typing import Any

import reflex as rx

from exports_app.ui.components import browser

Text = str | rx.Var[str]
ONCE = {"data-once": "true"}
"""Attributes of a control that starts something: a double click or a held key counts once, and
without the server not at all (assets/ui.js)."""


def link(*children: Any, **props: Any) -> rx.Component:
    """To another page. Reflex would give it a colour of its own while the pointer is over it, on
    which a link that looks like a button cannot be read."""
    return rx.link(*children, _hover={}, **props)


def posted_form(*children: Any, **props: Any) -> rx.Component:
    """A form. Where the page's scripts are not there yet, the browser sends it itself, by default
    with all fields in the address, where logs and the history of the browser keep passwords."""
    return rx.form(*children, method="post", **props)


def on_key(key: str) -> dict[str, str]:
    """Attributes of a button in a row of a list that this key presses while the focus is in
    the row; of a letter in either case."""
    return {"data-key": key.lower()}


def button(
    *children: Any, kind: str = "", icon: str = "", once: bool = False, **props: Any
) -> rx.Component:
    """kind: ``primary``, ``danger``, ``ghost``, also with ``small``. once: see `ONCE`."""
    if once:
        props |= _once(props)
    marks = [rx.icon(icon, size=16, aria_hidden="true")] if icon else []
    return rx.el.button(*marks, *children, type="button", class_name=f"btn {kind}".strip(), **props)


def icon_button(icon: str, label: Text, *, once: bool = False, **props: Any) -> rx.Component:
    """label: what it does and to what, for everyone who does not see the icon. once: see
    `ONCE`."""
    if once:
        props |= _once(props)
    props["custom_attrs"] = props.get("custom_attrs", {}) | {"aria-label": label}
    return rx.el.button(
        rx.icon(icon, size=16, aria_hidden="true"),
        type="button",
        class_name="icon-button",
        title=label,
        **props,
    )


def _once(props: dict[str, Any]) -> dict[str, Any]:
    # temporal: Reflex drops it while it has no connection, also before anyone has noticed that
    # there is none
    return {
        "custom_attrs": props.get("custom_attrs", {}) | ONCE,
        "on_click": props["on_click"].temporal,
    }


def field(
    label: str, control: rx.Component, *, name: str, error: rx.Var[str], hint: Any = None
) -> rx.Component:
    """A labelled control with its hint and, in its place, what is wrong with it. The control's id
    is `name`."""
    note = (
        rx.el.span(hint, id=f"{name}-hint", class_name="hint")
        if hint is not None
        else rx.fragment()
    )
    return rx.el.div(
        rx.el.label(label, html_for=name),
        control,
        rx.cond(
            error != "",
            rx.el.span(error, id=f"{name}-error", class_name="error-text", role="alert"),
            note,
        ),
        class_name="field",
    )


def described(name: str, error: rx.Var[str]) -> dict[str, Any]:
    """Attributes that tie a control to its hint or error."""
    return {
        "custom_attrs": {
            "aria-invalid": rx.cond(error != "", "true", "false"),
            "aria-describedby": rx.cond(error != "", f"{name}-error", f"{name}-hint"),
        }
    }


def form_input(
    name: str, label: str, error: rx.Var[str], hint: Any = "", **props: Any
) -> rx.Component:
    """A labelled field whose text is sent by its form. What is typed is in no State."""
    control = rx.el.input(
        id=name, name=name, class_name="control", **described(name, error), **props
    )
    return field(label, control, name=name, error=error, hint=hint)


def submit(words: str, **props: Any) -> rx.Component:
    """Sends its form, once."""
    return rx.el.button(words, type="submit", class_name="btn primary", custom_attrs=ONCE, **props)


def wrong_box(error: rx.Var[str]) -> rx.Component:
    """What went wrong, a sentence without its full stop; nothing while it is empty."""
    return rx.cond(error != "", rx.el.div(f"{error}.", class_name="box bad", role="alert"))


def text_input(
    name: str, value: rx.Var[str], on_change: Any, error: rx.Var[str], **props: Any
) -> rx.Component:
    extra = described(name, error)
    extra["custom_attrs"] |= props.pop("custom_attrs", {})
    look = props.pop("class_name", "control")
    return browser.text(
        id=name,
        name=name,
        value=value,
        on_change=on_change,
        class_name=look,
        auto_complete="off",
        **extra,
        **props,
    )


def select(
    name: str, value: rx.Var[str], on_change: Any, choices: Iterable[tuple[str, str]], **props: Any
) -> rx.Component:
    """choices: (value, words)."""
    items = [rx.el.option(words, value=key) for key, words in choices]
    return rx.el.select(
        *items, id=name, name=name, value=value, on_change=on_change, class_name="control", **props
    )


def chooser(
    label: str, name: str, value: Any, on_change: Any, options: Sequence[Any]
) -> rx.Component:
    """A select with its label in it. options: ``rx.el.option``s, or (value, words)."""
    items = [
        rx.el.option(option[1], value=option[0]) if isinstance(option, tuple) else option
        for option in options
    ]
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(*items, value=value, on_change=on_change, id=name, name=name),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name="filter order",
    )


def day_chooser(label: str, name: str, value: Any, on_change: Any, **props: Any) -> rx.Component:
    """A field for a day with its label in it."""
    control = rx.el.input(type="date", value=value, on_change=on_change, id=name, name=name)
    return rx.el.label(rx.el.span(label), control, class_name="filter order dated", **props)


def switch(label: Text, *, checked: rx.Var[bool], on_change: Any, **props: Any) -> rx.Component:
    return rx.el.input(
        type="checkbox",
        role="switch",
        checked=checked,
        on_change=on_change,
        class_name="switch",
        custom_attrs={"aria-label": label},
        **props,
    )


def status(key: Any, word: Text, **props: Any) -> rx.Component:
    """A state as a chip: its colour and its word. key: a run's or a delivery's status."""
    tag = rx.el.button if "on_click" in props else rx.el.span
    if "on_click" in props:
        props["type"] = "button"
    return tag(word, class_name="status " + key, **props)


def message(
    icon: str, title: str, text: Any, *actions: rx.Component, level: str = "h2"
) -> rx.Component:
    """What a page or a list shows instead of content: nothing yet, no access, an error."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(rx.icon(icon, size=22, aria_hidden="true"), class_name="round"),
            (rx.el.h1 if level == "h1" else rx.el.h2)(title),
            rx.el.p(text),
            *actions,
            class_name="notice-card",
        ),
        class_name="center",
    )
