"""A button that opens a searchable list. In the list, the arrow keys move the mark and Enter takes
what is marked (assets/ui.js)."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser


def picker(
    name: str,
    label: str,
    *,
    opener: rx.Component,
    query: Any,
    options: rx.Component,
    foot: rx.Component,
    on_open: Any,
    on_search: Any,
    multiple: bool = False,
) -> rx.Component:
    """opener: the button, e.g. by `opener`. query: the text that the options, made by `option`,
    belong to. foot: below them."""
    return rx.popover.root(
        rx.popover.trigger(opener),
        rx.popover.content(
            browser.text(
                type="search",
                value=query,
                on_change=on_search,
                placeholder="Search …",
                class_name="control",
                auto_focus=True,
                role="combobox",
                custom_attrs={
                    "aria-label": f"Search {label.lower()}",
                    "aria-expanded": "true",
                    "aria-autocomplete": "list",
                    "aria-controls": f"{name}-options",
                },
            ),
            browser.options(
                options, id=f"{name}-options", label=label, multiple=multiple, query=query
            ),
            rx.el.div(foot, role="status"),
            class_name="popover",
            custom_attrs={"aria-label": label},
        ),
        on_open_change=on_open,
    )


def option(
    key: str | rx.Var[str], *children: Any, chosen: Any, on_click: Any, stays: bool = False
) -> rx.Component:
    """One of the list. stays: the list stays open, for several to be chosen."""
    item = rx.el.button(
        rx.icon("check", size=14, aria_hidden="true"),
        *children,
        type="button",
        role="option",
        class_name="option",
        on_click=on_click,
        tab_index=-1,
        custom_attrs={"aria-selected": rx.cond(chosen, "true", "false")},
        key=key,
    )
    return item if stays else rx.popover.close(item)


def opener(name: str, label: str, shown: Any, error: Any) -> rx.Component:
    """As a field of a form. shown: what it says while the list is closed."""
    return rx.el.button(
        rx.el.span(shown, class_name="grow one-line", text_align="left"),
        rx.icon("chevron-down", size=14, aria_hidden="true"),
        type="button",
        id=name,
        class_name="control row",
        custom_attrs={
            "aria-label": rx.Var.create(f"{label}: ") + shown,
            "aria-describedby": rx.cond(error != "", f"{name}-error", f"{name}-hint"),
        },
    )
