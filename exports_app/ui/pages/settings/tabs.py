"""What stands at the top of each settings page: its title, and the way to the others."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.session import SETTINGS, Session

MEMBERS = f"{SETTINGS}/members"


def top(here: str, told: rx.Component) -> rx.Component:
    """here: the page's route. told: what it is about."""
    manages = Session.may.contains(str(Permission.MANAGE))
    links = rx.el.nav(
        _link("Account", SETTINGS, here),
        rx.cond(manages, _link("Members", MEMBERS, here)),
        class_name="tabs",
        custom_attrs={"aria-label": "Settings"},
    )
    return rx.el.div(rx.el.h1("Settings"), rx.el.p(told, class_name="muted"), links)


def _link(words: str, to: str, here: str) -> rx.Component:
    current = {"aria-current": "page"} if to == here else {}
    return rx.link(words, href=to, underline="none", class_name="on" if to == here else "", custom_attrs=current)
