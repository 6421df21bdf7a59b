"""Pages register themselves: one file under pages/ adds one page."""

from collections.abc import Callable
from dataclasses import dataclass

import reflex as rx

View = Callable[[], rx.Component]


@dataclass(frozen=True)
class Page:
    view: View
    route: str
    title: str


PAGES: dict[str, Page] = {}


def page(route: str, title: str) -> Callable[[View], View]:
    """Decorates a function that returns a page's content. Two pages at one route stop the start."""

    def add(view: View) -> View:
        if route in PAGES:
            raise ValueError(f"two pages at {route}")
        PAGES[route] = Page(view, route, title)
        return view

    return add


def install(app: rx.App) -> None:
    """Add every registered page to the app."""
    for one in PAGES.values():
        app.add_page(one.view, route=one.route, title=one.title)
