"""The button of the command palette in the header, with the commands that need no search."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.identity.sessions import HOME
from exports_app.ui.components import browser
from exports_app.ui.framework.page import PAGES, RegisteredPage
from exports_app.ui.framework.session import SETTINGS, SessionState
from exports_app.ui.layout.palette.state import PaletteState


def palette() -> rx.Component:
    return browser.commands(
        commands=[*commands(), *of_schedule()],
        may=SessionState.may,
        tenants=SessionState.tenants,
        tenant=SessionState.tenant_id,
        found=PaletteState.found,
        asked=PaletteState.asked,
        on_search=PaletteState.look,
        on_act=PaletteState.act,
        on_open=rx.redirect,
        on_switch=SessionState.switch,
        on_sign_out=SessionState.logout,
    )


def commands() -> list[dict[str, str]]:
    """Each has a kind, a key and a title. needs: a permission without which it is not offered.
    press: the id of a button that does it, where the page has that; href: what else is opened."""
    new = _command("New scheduled export", needs=str(Permission.WRITE), press="new")
    return [
        new | {"kind": "page", "href": f"{HOME}?new={next(iter(EXPORT_TYPES)).key}"},
        *(_to(page) for page in sorted(PAGES, key=lambda p: p.order) if _is_offered(page)),
        _command("Import campaign data", needs=str(Permission.CAMPAIGNS), href=f"{SETTINGS}/data"),
        _command("Switch between light and dark", press="theme"),
        _command("Keyboard shortcuts", does="keys"),
        _command("Sign out", does="sign-out"),
    ]


def of_schedule() -> list[dict[str, str]]:
    """What is done with a scheduled export that was found. act: a key of `actions.ACTIONS`; without
    it, its history is opened. only: of active or paused ones."""
    write = str(Permission.WRITE)
    each = (
        _command("History"),
        _command("Run now …", needs=write, act="run"),
        _command("Edit", needs=write, act="edit"),
        _command("Pause", needs=write, act="pause", only="active"),
        _command("Activate", needs=write, act="activate", only="paused"),
    )
    return [command | {"kind": "of-schedule"} for command in each]


def _command(title: str, **more: Any) -> dict[str, str]:
    return {"kind": "action", "key": title, "title": title, **more}


def _is_offered(page: RegisteredPage) -> bool:
    return not page.public and "[" not in page.link


def _to(page: RegisteredPage) -> dict[str, str]:
    return {
        "kind": "page",
        "key": page.link,
        "title": page.nav or page.title,
        "note": "Settings" if page.link.startswith(SETTINGS) else "",
        "needs": str(page.needs) if page.needs else "",
        "href": page.link,
    }
