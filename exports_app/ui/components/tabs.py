"""The title of a page that is one of several, and the way to the others."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import reflex as rx

from exports_app.ui.components.controls import link


def tabs(label: str, here: str, entries: Sequence[tuple[str, str, Any]]) -> rx.Component:
    """entries: words, route, and whether it is shown: True, or a var. here: the route of the page
    that shows them."""
    links = [
        rx.cond(shown, _link(words, to, here)) if shown is not True else _link(words, to, here)
        for words, to, shown in entries
    ]
    return rx.el.nav(*links, class_name="tabs", custom_attrs={"aria-label": label})


def grouped_tabs(
    label: str, here: str, groups: Sequence[tuple[Any, Sequence[tuple[str, str, Any]]]]
) -> rx.Component:
    """groups: a name, and entries as of `tabs`. A group without an entry to show is left out."""

    def group(name: Any, entries: Sequence[tuple[str, str, Any]]) -> rx.Component:
        links = [
            rx.cond(shown, _link(words, to, here)) if shown is not True else _link(words, to, here)
            for words, to, shown in entries
        ]
        conditions = [shown for *_, shown in entries if shown is not True]
        one = rx.el.div(
            rx.el.div(rx.el.bdi(name), class_name="tab-group", aria_hidden="true"),
            rx.el.div(*links),
            role="group",
            custom_attrs={"aria-label": name},
        )
        return one if len(conditions) < len(entries) else rx.cond(reduce(or_, conditions), one)

    parts = [group(name, entries) for name, entries in groups]
    return rx.el.nav(*parts, class_name="tabs grouped", custom_attrs={"aria-label": label})


def _link(words: str, to: str, here: str) -> rx.Component:
    current = {"aria-current": "page"} if to == here else {}
    return link(
        words,
        href=to,
        underline="none",
        class_name="on" if to == here else "",
        custom_attrs=current,
    )
