"""The table of schedules, or cards on a phone: its head, its rows, its pages."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, message
from exports_app.ui.framework.session import may
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs
from exports_app.ui.pages.scheduled_exports.list.row_view import schedule_row
from exports_app.ui.pages.scheduled_exports.list.rows import Row
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import TOP, ListState

AT_ONCE = 12
"""So many rows are painted first."""


def schedule_table(dialogs: Dialogs) -> rx.Component:
    def row(listed: Row) -> rx.Component:
        return schedule_row(listed, dialogs)

    everything = browser.tick(
        label="Select all on this page",
        checked=Selection.here.length() == ListState.rows.length(),
        mixed=Selection.here.length() > 0,
        on_pick=lambda checked, _: Selection.pick_page(checked),
    )
    writes = may(Permission.WRITE)
    head = rx.el.tr(
        rx.cond(writes, _head(everything, "check")),
        _head(_sort("Name", "name"), "c-name", "name"),
        _head("Data", "c-data"),
        _head(_sort("Schedule", "nextRunAt"), "c-when", "nextRunAt"),
        _head("Sent to", "c-to"),
        _head(_sort("Owner", "owner"), "c-owner", "owner"),
        _head(_sort("Last run", "lastRunAt"), "c-run", "lastRunAt"),
        _head(rx.cond(writes, "Active", "Status"), "c-on"),
        _head(rx.el.span("Actions", class_name="sr"), "c-do"),
        role="row",
    )
    table = rx.el.table(
        rx.el.thead(head, role="rowgroup"),
        rx.el.tbody(
            rx.foreach(ListState.rows[:AT_ONCE], row),
            browser.soon(rx.foreach(ListState.rows[AT_ONCE:], row)),
            role="rowgroup",
        ),
        class_name=rx.cond(writes, "list", "list reads"),
        role="table",
        custom_attrs={"aria-label": "Scheduled exports"},
    )
    top = rx.el.div(
        f"{ListState.first} to {ListState.last} of {ListState.total_words}",
        id=TOP,
        class_name="sr list-top",
        custom_attrs={"tabIndex": -1},
    )
    return rx.cond(
        ListState.rows.length() > 0,
        rx.el.div(
            top,
            browser.focus(target=ListState.focus),
            rx.el.div(table, list_foot(), class_name="card as-cards"),
        ),
        _nothing_found(),
    )


def _head(content: Any, look: str, key: str = "") -> rx.Component:
    attrs = {}
    if key:
        attrs["aria-sort"] = rx.match(
            ListState.sort, (key, "ascending"), (f"-{key}", "descending"), "none"
        )
    return rx.el.th(content, class_name=look, scope="col", role="columnheader", custom_attrs=attrs)


def _sort(words: str, key: str) -> rx.Component:
    mark = rx.match(
        ListState.sort,
        (key, rx.icon("arrow-up", size=12, aria_hidden="true")),
        (f"-{key}", rx.icon("arrow-down", size=12, aria_hidden="true")),
        rx.fragment(),
    )
    on = (ListState.sort == key) | (ListState.sort == f"-{key}")
    return rx.el.button(
        words,
        mark,
        type="button",
        class_name=rx.cond(on, "sort on", "sort"),
        on_click=ListState.order(key),
    )


def list_foot() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            f"{ListState.first}\u2013{ListState.last} of {ListState.total_words}",
            class_name="num",
            id="range",
        ),
        rx.el.span(class_name="grow"),
        icon_button(
            "chevron-left",
            "Previous page",
            on_click=ListState.turn(-1),
            disabled=ListState.page <= 1,
        ),
        icon_button(
            "chevron-right",
            "Next page",
            on_click=ListState.turn(1),
            disabled=ListState.last >= ListState.total,
        ),
        class_name="foot",
    )


def _nothing_found() -> rx.Component:
    clear = button("Clear search and filters", on_click=ListState.clear)
    return message("search-x", "No results", "Try other filters or search terms.", clear)
