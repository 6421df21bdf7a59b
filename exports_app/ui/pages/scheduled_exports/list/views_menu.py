"""The menu of saved views beside the search, and what it asks."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import posted_form
from exports_app.ui.components.question import question
from exports_app.ui.framework.session import SessionState, may
from exports_app.ui.pages.scheduled_exports.list.filters import DELETED as DELETED_ONES
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.view_actions import (
    DELETE,
    NAME,
    RENAME,
    SAVE,
    ViewActions,
)
from exports_app.ui.pages.scheduled_exports.list.views import View, Views


def views_menu() -> rx.Component:
    here = Views.current != ""
    words = rx.el.span(
        rx.cond(here, rx.el.bdi(Views.name), "Views"),
        class_name="one-line",
    )
    modified = rx.cond(Views.modified, rx.el.span("Modified", class_name="tag"))
    opener = rx.el.button(
        rx.icon("bookmark", size=14, aria_hidden="true"),
        words,
        modified,
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        type="button",
        id="views",
        class_name=rx.cond(here, "btn views set", "btn views"),
        custom_attrs={"aria-label": rx.cond(here, f"View: {Views.name}", "Views")},
    )
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(opener),
        rx.dropdown_menu.content(
            _item("list", "All", ViewActions.choose("")),
            _item("triangle-alert", "Failing", ViewActions.choose("failing")),
            _item("circle-pause", "Paused", ViewActions.choose("paused")),
            _item("user", "Mine", ViewActions.choose("mine")),
            rx.dropdown_menu.separator(),
            rx.foreach(Views.views, _view),
            rx.dropdown_menu.separator(),
            _item("plus", "Save view …", ViewActions.ask(SAVE), disabled=_shows_deleted()),
            rx.cond(here & Views.may_change, _changes()),
            align="start",
            class_name="views-menu",
        ),
        modal=False,
    )


def _shows_deleted() -> Any:
    """Which no view keeps."""
    return ListState.filters.get("active", "") == DELETED_ONES


def _item(icon: str, words: Any, event: Any, **props: Any) -> rx.Component:
    return rx.dropdown_menu.item(rx.icon(icon, size=14), words, on_select=event, **props)


def _view(view: View) -> rx.Component:
    name = rx.el.span(rx.el.bdi(view.name), class_name="one-line")
    return rx.dropdown_menu.item(
        rx.cond(view.shared, rx.icon("users", size=14), rx.icon("bookmark", size=14)),
        name,
        rx.cond(view.shared, rx.el.span("shared", class_name="muted")),
        on_select=ViewActions.choose(view.id),
        custom_attrs={"aria-current": rx.cond(Views.current == view.id, "true", "false")},
        key=view.id,
    )


def _changes() -> rx.Component:
    share = _item("users", f"Share with {SessionState.tenant_name}", ViewActions.set_shared(True))
    withdraw = _item("lock", "Make private", ViewActions.set_shared(False))
    return rx.fragment(
        rx.cond(
            Views.modified & ~_shows_deleted(),
            _item("save", f"Update {Views.name}", ViewActions.update),
        ),
        _item("pencil", "Rename …", ViewActions.ask(RENAME)),
        rx.cond(may(Permission.WRITE), rx.cond(Views.shared, withdraw, share)),
        _item("trash-2", "Delete …", ViewActions.ask(DELETE), class_name="danger-item"),
    )


def lost_filters() -> rx.Component:
    """Below the bar: that a view is not what it was."""
    return rx.cond(Views.lost != "", rx.el.p(Views.lost, class_name="muted", role="status"))


def views_dialogs() -> rx.Component:
    saves = ViewActions.asking == SAVE
    return rx.fragment(
        question(
            _name(),
            rx.cond(saves & may(Permission.WRITE), _share()),
            is_open=saves | (ViewActions.asking == RENAME),
            title=rx.cond(saves, "Save this view", "Rename the view"),
            text=rx.cond(
                saves,
                "It keeps the search, the filters and the order of the list.",
                "Its filters stay as they are.",
            ),
            confirm=rx.cond(saves, "Save view", "Rename"),
            on_confirm=ViewActions.confirm,
            on_cancel=ViewActions.dismiss,
            danger=False,
            disabled=ViewActions.typed == "",
            focus=NAME,
        ),
        question(
            is_open=ViewActions.asking == DELETE,
            title=f"Delete the view “{Views.name}”?",
            text=rx.cond(
                Views.shared,
                f"It will be deleted for everyone in {SessionState.tenant_name}. The scheduled "
                "exports are kept.",
                "The scheduled exports are kept.",
            ),
            confirm="Delete",
            on_confirm=ViewActions.confirm,
            on_cancel=ViewActions.dismiss,
        ),
    )


def _name() -> rx.Component:
    field = browser.text(
        id=NAME,
        name=NAME,
        value=ViewActions.typed,
        on_change=ViewActions.type_name,
        delay=0,
        max_length=bounds.VIEW_NAME,
        auto_complete="off",
        class_name="control",
    )
    labelled = rx.el.div(rx.el.label("Name", html_for=NAME), field, class_name="field")
    return posted_form(labelled, on_submit=ViewActions.submit, reset_on_submit=False)


def _share() -> rx.Component:
    tick = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=ViewActions.share,
        on_change=ViewActions.set_share,
        id="view-shared",
    )
    words = rx.el.span(f"Share with {SessionState.tenant_name}")
    return rx.el.label(tick, words, html_for="view-shared", class_name="ticked")
