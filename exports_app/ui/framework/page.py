"""Pages register themselves: one file under pages/ adds a page, its route, its guard and its place
in the header."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.utils.format import format_event_handler

from exports_app.domain.access import Permission
from exports_app.ui.framework.session import SessionState

LOGIN, FORGOT = "/login", "/forgot-password"

View = Callable[[], rx.Component]


@dataclass(frozen=True)
class RegisteredPage:
    view: View
    routes: tuple[str, ...]
    title: str
    needs: Permission | None
    load: Any
    refresh: Any
    step: Any
    public: bool
    framed: bool
    nav: str
    under: str
    icon: str
    order: int
    loading: View

    @property
    def link(self) -> str:
        return self.routes[0]


Shell = Callable[[RegisteredPage, Sequence[RegisteredPage]], rx.Component]
"""A page, and the pages that the header names, in their order."""

PAGES: list[RegisteredPage] = []


def page(
    *routes: str,
    title: str,
    needs: Permission | None = None,
    load: Any = None,
    refresh: Any = None,
    step: Any = None,
    public: bool = False,
    framed: bool = False,
    nav: str = "",
    under: str = "",
    icon: str = "file",
    order: int = 100,
    loading: View = rx.fragment,
) -> Callable[[View], View]:
    """Decorates a function that returns a page's content. Two pages at one route stop the start.

    routes: the first is where the header links to. needs: without this permission in the tenant, a
    plain "no access" stands in the page's place. load: the State's action that reads the address,
    once when the page loads. refresh: the one that reads what the page shows, then and at each
    change of the tenant's data. step: the action that shows the view of an address, which Back or
    Forward chose among those that `show_address` wrote; without it they leave the page. public:
    shown to anyone, without the header. framed: a public one with the header for those who are
    signed in. nav, icon, order: the entry in the header; no nav, no entry. under: the
    route whose entry is marked on this page. loading: what stands there until its data has come.
    """

    def add(view: View) -> View:
        taken = {route for registered in PAGES for route in registered.routes} & set(routes)
        if taken:
            raise ValueError(f"two pages at {sorted(taken)}")
        PAGES.append(
            RegisteredPage(
                view,
                routes,
                title,
                needs,
                load,
                refresh,
                step,
                public,
                framed,
                nav,
                under,
                icon,
                order,
                loading,
            )
        )
        return view

    return add


def _with_shell(
    registered: RegisteredPage, entries: Sequence[RegisteredPage], shell: Shell
) -> View:
    def whole() -> rx.Component:
        return shell(registered, entries)

    # Reflex puts what a page is made of into a file of this module: in ours alone, each page would
    # load the code of all
    whole.__module__ = registered.view.__module__
    return whole


def install(app: rx.App, shell: Shell) -> tuple[set[str], set[str]]:
    """Add every registered page to the app. shell: draws what stands around a page. Returns the
    full names of the load and of the refresh handlers."""
    entries = sorted((p for p in PAGES if p.nav), key=lambda p: p.order)
    for registered in PAGES:
        enter = None if registered.public else SessionState.enter
        if registered.framed:
            enter = SessionState.enter_if_signed_in
        handlers = (enter, registered.load, registered.refresh)
        for route in registered.routes:
            app.add_page(
                _with_shell(registered, entries, shell),
                route=route,
                title=f"{registered.title} · Exports",
                on_load=[handler for handler in handlers if handler is not None],
            )
    loads = {format_event_handler(p.load) for p in PAGES if p.load}
    return loads, {format_event_handler(p.refresh) for p in PAGES if p.refresh}
