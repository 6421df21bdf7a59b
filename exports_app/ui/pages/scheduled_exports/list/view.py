"""The page around the list, and what is shown when there is nothing to list."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, link, message
from exports_app.ui.framework.session import SessionState, may
from exports_app.ui.pages.scheduled_exports.address import RUNS
from exports_app.ui.pages.scheduled_exports.list.deleted import DeletedState
from exports_app.ui.pages.scheduled_exports.list.deleted_view import deleted_table
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs
from exports_app.ui.pages.scheduled_exports.list.filters import DELETED
from exports_app.ui.pages.scheduled_exports.list.organizing_view import organizing_dialogs
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.table import list_foot, schedule_table
from exports_app.ui.pages.scheduled_exports.list.toolbar import toolbar
from exports_app.ui.pages.scheduled_exports.list.views_menu import lost_filters, views_dialogs

SKELETONS = 6


def list_view(dialogs: Dialogs) -> rx.Component:
    return rx.el.div(
        _top(dialogs),
        rx.cond(
            ListState.failed != "",
            rx.fragment(rx.cond(ListState.narrowed, toolbar(dialogs)), _failed()),
            rx.cond(
                ~ListState.loaded,
                _loading_table(),
                rx.cond(
                    ListState.filters.get("active", "") == DELETED,
                    rx.fragment(toolbar(dialogs), deleted_table(list_foot())),
                    rx.cond(
                        ListState.all_total == 0,
                        _nothing(dialogs),
                        rx.fragment(toolbar(dialogs), lost_filters(), schedule_table(dialogs)),
                    ),
                ),
            ),
        ),
        views_dialogs(),
        rx.cond(may(Permission.WRITE), organizing_dialogs()),
        class_name="page",
    )


def loading() -> rx.Component:
    """Until the user is known: the page's outline, so that nothing jumps when it is filled."""
    title = rx.el.div(
        rx.el.h1("Scheduled exports"),
        rx.el.p(rx.el.span(class_name="skeleton", width="180px")),
        class_name="grow",
    )
    return rx.el.div(
        rx.el.div(title, class_name="page-top"),
        _loading_table(),
        class_name="page",
        custom_attrs={"aria-busy": "true"},
    )


def _loading_table() -> rx.Component:
    widths = ("62%", "48%", "70%", "55%", "66%", "50%")
    lines = [
        rx.el.div(
            rx.el.span(class_name="skeleton", width=widths[i % len(widths)]),
            rx.el.span(class_name="skeleton", width="34%", margin_top="8px"),
            padding="17px 14px",
            border_bottom="1px solid var(--line)",
        )
        for i in range(SKELETONS)
    ]
    bar = rx.el.div(rx.el.div(class_name="control search"), class_name="bar")
    return rx.fragment(
        bar,
        rx.el.div(
            rx.el.div(
                height="38px", background="var(--sub)", border_bottom="1px solid var(--line)"
            ),
            *lines,
            class_name="card",
        ),
        rx.el.span("Loading", class_name="sr", role="status"),
    )


def _top(dialogs: Dialogs) -> rx.Component:
    following = rx.cond(
        ListState.next_at != "",
        browser.when(at=ListState.next_at, prefix=" · next "),
        rx.fragment(),
    )
    deleted = ListState.filters.get("active", "") == DELETED
    none = ListState.loaded & (ListState.all_total == 0) & ~deleted
    counts = rx.el.p(
        rx.cond(
            deleted,
            "Deleted scheduled exports can be restored for 30 days.",
            rx.cond(
                ListState.loaded & (ListState.all_total > 0),
                rx.fragment(ListState.counts, following),
            ),
        ),
        id="counts",
        hidden=none,
    )
    new = rx.el.span("New", rx.el.span(" scheduled export", class_name="wide"))
    create = button(
        new,
        kind="primary",
        icon="plus",
        on_click=dialogs.form(""),
        id="new",
        custom_attrs={"aria-label": "New scheduled export"},
    )
    return rx.el.div(
        rx.el.div(rx.el.h1("Scheduled exports"), counts, class_name="grow"),
        link("All runs", href=RUNS, class_name="btn"),
        rx.cond(may(Permission.WRITE), create),
        class_name="page-top",
    )


def _failed() -> rx.Component:
    again = button("Try again", kind="primary", on_click=ListState.again)
    reset = rx.cond(
        ListState.narrowed, button("Clear search and filters", on_click=ListState.clear)
    )
    actions = rx.el.div(again, reset, class_name="row wrap", justify_content="center")
    return message(
        "triangle-alert", "The list could not be loaded", f"{ListState.failed}.", actions
    )


def _nothing(dialogs: Dialogs) -> rx.Component:
    """Where the tenant has none: for a beginner, or after the last one was deleted."""
    writes = may(Permission.WRITE)
    begin = "Start from a template or a blank form."
    ask = f"Ask an admin of {SessionState.tenant_name} to create one."
    restore = button(
        f"Recently deleted ({DeletedState.kept})",
        icon="history",
        on_click=ListState.narrow("active", DELETED),
        id="show-deleted",
    )
    return rx.el.div(
        rx.cond(
            writes & (DeletedState.kept > 0),
            message(
                "calendar-clock",
                "No scheduled exports",
                "Deleted scheduled exports can be restored for 30 days. " + begin,
                restore,
            ),
            message(
                "calendar-clock",
                "No scheduled exports yet",
                rx.fragment(
                    "Scheduled exports email your campaign data as a file, on a schedule. ",
                    rx.cond(writes, begin, ask),
                ),
            ),
        ),
        rx.cond(writes, rx.el.div(*dialogs.templates(), class_name="templates")),
        custom_attrs={"data-empty": "true"},
        class_name="empty",
    )
