"""The title of a page that is one of several, and the way to the others."""

from collections.abc import Sequence
from typing import Any

import reflex as rx


def tabs(label: str, here: str, entries: Sequence[tuple[str, str, Any]]) -> rx.Component:
    """entries: words, route, and whether it is shown: True, or a var. here: the route of the page
    that shows them."""
    links = [
        rx.cond(shown, _link(words, to, here)) if shown is not True else _link(words, to, here)
        for words, to, shown in entries
    ]
    return rx.el.nav(*links, class_name="tabs", custom_attrs={"aria-label": label})


def _link(words: str, to: str, here: str) -> rx.Component:
    current = {"aria-current": "page"} if to == here else {}
    return rx.link(
        words,
        href=to,
        underline="none",
        class_name="on" if to == here else "",
        custom_attrs=current,
    )
