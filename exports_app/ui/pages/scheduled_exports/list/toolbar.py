"""The bar above the list: search, filters, order; with a selection, what is done to it."""

from collections.abc import Iterable

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.framework.session import may
from exports_app.ui.pages.scheduled_exports.labels import STATUS_WORDS
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.choices import Choices
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs
from exports_app.ui.pages.scheduled_exports.list.filters import DELETED, ME, NOBODY, STATUSES
from exports_app.ui.pages.scheduled_exports.list.organizing_view import organizing_menu
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.views_menu import views_menu

STATES = (
    ("yes", "Active"),
    ("no", "Paused"),
    ("stopped", "Paused automatically"),
    ("failing", "Failing"),
)
SEARCH = "search"
"""Id of the search field."""
ORDERS = {
    "-createdAt": "Newest first",
    "createdAt": "Oldest first",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "nextRunAt": "Next run, soonest first",
    "-nextRunAt": "Next run, latest first",
    "-lastRunAt": "Last run, newest first",
    "lastRunAt": "Last run, oldest first",
    "owner": "Owner, A to Z",
    "-owner": "Owner, Z to A",
}


def toolbar(dialogs: Dialogs) -> rx.Component:
    search = rx.el.div(
        rx.icon("search", size=15, aria_hidden="true"),
        browser.text(
            id=SEARCH,
            type="search",
            value=ListState.q,
            on_change=ListState.search,
            delay=60,  # one reading is quick, however many schedules there are
            placeholder="Name, recipient or tag …",
            class_name="control",
            custom_attrs={"aria-label": "Search scheduled exports"},
        ),
        class_name="search",
    )
    filters = rx.fragment(
        _filter("active", "Status", STATES, rx.cond(may(Permission.WRITE), _deleted())),
        _filter(
            "type", "Type", ((export_type.key, export_type.label) for export_type in EXPORT_TYPES)
        ),
        _filter(
            "format", "Format", ((file_format.key, file_format.label) for file_format in FORMATS)
        ),
        _filter("status", "Last run", ((str(key), STATUS_WORDS[key]) for key in STATUSES)),
        _owner(),
        _tag(),
        rx.cond(ListState.narrowed, button("Clear", kind="ghost small", on_click=ListState.clear)),
        rx.el.div(_order(), browser.density(), class_name="ordering"),
    )
    found = rx.el.span(ListState.found, class_name="sr", role="status", id="found")
    return rx.el.div(
        search,
        views_menu(),
        found,
        rx.cond(Selection.count > 0, _bulk(dialogs), filters),
        class_name="bar",
    )


def _order() -> rx.Component:
    """All the orders by name, also the one that no column stands for; on a phone there are no
    columns."""
    return rx.el.label(
        rx.el.span("Sort"),
        rx.el.select(
            *[rx.el.option(words, value=key) for key, words in ORDERS.items()],
            value=ListState.sort,
            on_change=ListState.arrange,
            id="sort",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name="filter order",
    )


def _deleted() -> rx.Component:
    return rx.el.option("Deleted", value=DELETED)


def _filter(
    name: str, label: str, choices: Iterable[tuple[str, str]], *more: rx.Component
) -> rx.Component:
    value = ListState.filters.get(name, "")
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(
            rx.el.option("All", value=""),
            *[rx.el.option(words, value=key) for key, words in choices],
            *more,
            value=value,
            on_change=lambda chosen: ListState.narrow(name, chosen),
            id=f"filter-{name}",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name=rx.cond(value != "", "filter set", "filter"),
    )


def _owner() -> rx.Component:
    value = ListState.filters.get("owner", "")
    chosen = rx.foreach(
        Choices.owners, lambda owner: rx.el.option(owner.name, value=owner.id, key=owner.id)
    )
    return rx.el.label(
        rx.el.span("Owner"),
        rx.el.select(
            rx.el.option("All", value=""),
            rx.el.option("Me", value=ME),
            chosen,
            rx.el.option("Without access", value=NOBODY),
            rx.cond(
                rx.Var.create(["", ME, NOBODY]).contains(value) | Choices.owner_ids.contains(value),
                rx.fragment(),
                rx.el.option("Owner without scheduled exports", value=value),
            ),
            value=value,
            on_change=lambda owner: ListState.narrow("owner", owner),
            id="filter-owner",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name=rx.cond(value != "", "filter set", "filter"),
    )


def _tag() -> rx.Component:
    """Each choice adds a tag; what is chosen stands beside it, to be removed."""
    add = rx.el.label(
        rx.el.span("Tag"),
        rx.el.select(
            rx.el.option(rx.cond(ListState.tags.length() > 0, "Add …", "All"), value=""),
            rx.foreach(Choices.tags, lambda tag: rx.el.option(tag, value=tag, key=tag)),
            value="",
            on_change=ListState.tag,
            id="filter-tag",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name="filter",
    )
    return rx.fragment(
        rx.cond(Choices.tags.length() > 0, add),
        rx.foreach(
            ListState.tags,
            lambda tag: rx.el.button(
                rx.el.bdi(tag),
                rx.icon("x", size=12, aria_hidden="true"),
                type="button",
                class_name="tag picked-tag",
                on_click=ListState.tag(tag, False),
                custom_attrs={"aria-label": f"Remove the tag {tag} from the filter"},
                key=tag,
            ),
        ),
    )


def _bulk(dialogs: Dialogs) -> rx.Component:
    def do(what: str, words: str, icon: str) -> rx.Component:
        return button(
            words, kind="small", icon=icon, once=True, on_click=ScheduleActions.bulk(what)
        )

    number = rx.el.b(f"{Selection.count} selected", font_weight="570", role="status", id="picked")
    return rx.el.div(
        browser.measure(name="--bulk-bar"),
        number,
        rx.cond(
            Selection.count < ListState.selectable,
            rx.el.button(
                ListState.selects,
                type="button",
                class_name="link-button",
                on_click=ListState.pick_matching,
                id="pick-matching",
            ),
        ),
        do("activate", "Activate", "circle-check"),
        do("pause", "Pause", "circle-pause"),
        button("Run now", kind="small", icon="play", once=True, on_click=dialogs.run_selected),
        do("delete", "Delete", "trash-2"),
        organizing_menu(),
        button("Clear selection", kind="small ghost", on_click=Selection.drop),
        class_name="bulk",
        role="toolbar",
        custom_attrs={"aria-label": "Selected scheduled exports"},
    )
