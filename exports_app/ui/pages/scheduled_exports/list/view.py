"""The list as it looks: the bar above it, a table (cards on a phone), and what stands there when
there is nothing to list."""

from collections.abc import Iterable

import reflex as rx

from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import ONCE, button, icon_button, message, status, switch
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.templates import TEMPLATES
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.paused_reason import paused_box
from exports_app.ui.pages.scheduled_exports.list.rows import STATUS_WORDS, Row
from exports_app.ui.pages.scheduled_exports.list.state import STATUSES, ListState

STATES = (
    ("yes", "Active"),
    ("no", "Paused"),
    ("stopped", "Paused by itself"),
    ("failing", "Failing"),
)
SKELETONS = 6
SEARCH = "search"
ORDERS = {
    "-createdAt": "Newest first",
    "createdAt": "Oldest first",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "nextRunAt": "Next run, soonest first",
    "-nextRunAt": "Next run, latest first",
    "-lastRunAt": "Last run, newest first",
    "lastRunAt": "Last run, oldest first",
}
COLUMNS = 8
AT_ONCE = 12
"""So many rows are painted first."""


def list_view() -> rx.Component:
    return rx.el.div(
        _top(),
        rx.cond(
            ListState.failed != "",
            rx.fragment(rx.cond(ListState.narrowed, _bar()), _failed()),
            rx.cond(
                ~ListState.loaded,
                loading_table(),
                rx.cond(ListState.all_total == 0, _nothing_yet(), rx.fragment(_bar(), _table())),
            ),
        ),
        class_name="page",
    )


def loading() -> rx.Component:
    """Before anybody is known: the page's outline, so that nothing jumps when it fills."""
    title = rx.el.div(
        rx.el.h1("Scheduled exports"),
        rx.el.p(rx.el.span(class_name="skeleton", width="180px")),
        class_name="grow",
    )
    return rx.el.div(
        rx.el.div(title, class_name="page-top"),
        loading_table(),
        class_name="page",
        custom_attrs={"aria-busy": "true"},
    )


def loading_table() -> rx.Component:
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


def _top() -> rx.Component:
    failing = rx.cond(ListState.failing > 0, f" · {ListState.failing} failing", "")
    stopped = rx.cond(ListState.stopped > 0, f" · {ListState.stopped} paused by itself", "")
    counted = rx.cond(ListState.active_count > 0, f"{ListState.active_count} active", "None active")
    following = rx.cond(
        ListState.next_at != "",
        browser.when(at=ListState.next_at, prefix=" · next "),
        rx.fragment(),
    )
    counts = rx.el.p(
        rx.cond(
            ListState.loaded & (ListState.all_total > 0),
            rx.fragment(counted, failing, stopped, following),
            rx.fragment(),
        ),
        id="counts",
    )
    new = rx.el.span("New", rx.el.span(" scheduled export", class_name="wide"))
    return rx.el.div(
        rx.el.div(rx.el.h1("Scheduled exports"), counts, class_name="grow"),
        button(
            new,
            kind="primary",
            icon="plus",
            on_click=EditorState.begin(""),
            id="new",
            custom_attrs={"aria-label": "New scheduled export"},
        ),
        class_name="page-top",
    )


def _bar() -> rx.Component:
    search = rx.el.div(
        rx.icon("search", size=15, aria_hidden="true"),
        browser.text(
            id=SEARCH,
            type="search",
            value=ListState.q,
            on_change=ListState.search,
            delay=60,  # one reading is quick, however many schedules there are
            placeholder="Search name, recipient …",
            class_name="control",
            custom_attrs={"aria-label": "Search scheduled exports"},
        ),
        class_name="search",
    )
    filters = rx.fragment(
        _filter("active", "State", STATES),
        _filter("type", "Type", ((one.key, one.label) for one in EXPORT_TYPES)),
        _filter("format", "Format", ((one.key, one.label) for one in FORMATS)),
        _filter("status", "Last run", ((str(key), STATUS_WORDS[key]) for key in STATUSES)),
        rx.cond(ListState.narrowed, button("Clear", kind="ghost small", on_click=ListState.clear)),
        _order(),
    )
    return rx.el.div(
        search, rx.cond(ListState.selected.length() > 0, _bulk(), filters), class_name="bar"
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


def _filter(name: str, label: str, choices: Iterable[tuple[str, str]]) -> rx.Component:
    value = ListState.filters.get(name, "")
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(
            rx.el.option("All", value=""),
            *[rx.el.option(words, value=key) for key, words in choices],
            value=value,
            on_change=lambda chosen: ListState.narrow(name, chosen),
            id=f"filter-{name}",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name=rx.cond(value != "", "filter set", "filter"),
    )


def _bulk() -> rx.Component:
    def do(what: str, words: str, icon: str) -> rx.Component:
        return button(
            words, kind="small", icon=icon, once=True, on_click=ScheduleActions.bulk(what)
        )

    return rx.el.div(
        rx.el.b(f"{ListState.selected.length()} selected", font_weight="570"),
        do("activate", "Activate", "circle-check"),
        do("pause", "Pause", "circle-pause"),
        do("run", "Run now", "play"),
        button(
            "Delete", kind="small", icon="trash-2", on_click=ScheduleActions.ask_delete_selected
        ),
        button("Clear selection", kind="small ghost", on_click=ListState.pick_all(False)),
        class_name="bulk",
        role="toolbar",
        custom_attrs={"aria-label": "Selected scheduled exports"},
    )


def _table() -> rx.Component:
    everything = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=(ListState.selected.length() == ListState.rows.length())
        & (ListState.rows.length() > 0),
        on_change=ListState.pick_all,
        custom_attrs={"aria-label": "Select all on this page"},
    )
    head = rx.el.tr(
        _head(everything, "check"),
        _head(_sort("Name", "name"), "c-name", "name"),
        _head("Data", "c-data"),
        _head(_sort("Schedule", "nextRunAt"), "c-when", "nextRunAt"),
        _head("Recipients", "c-to"),
        _head(_sort("Last run", "lastRunAt"), "c-run", "lastRunAt"),
        _head("Active", "c-on"),
        _head(rx.el.span("Actions", class_name="sr"), "c-do"),
        role="row",
    )
    table = rx.el.table(
        rx.el.thead(head, role="rowgroup"),
        rx.el.tbody(
            rx.foreach(ListState.rows[:AT_ONCE], _row),
            browser.soon(rx.foreach(ListState.rows[AT_ONCE:], _row)),
            role="rowgroup",
        ),
        class_name="list",
        role="table",
        custom_attrs={"aria-label": "Scheduled exports"},
    )
    found = rx.cond(
        ListState.rows.length() > 0,
        rx.el.div(table, _foot(), class_name="card as-cards"),
        _nothing_found(),
    )
    return rx.fragment(found)


def _head(content: rx.Component | str, look: str, key: str = "") -> rx.Component:
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


def _cell(*children: rx.Component, look: str) -> rx.Component:
    return rx.el.td(*children, class_name=look, role="cell")


def _row(row: Row) -> rx.Component:
    chosen = ListState.selected.contains(row.id)
    check = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=chosen,
        on_change=lambda checked: ListState.pick(row.id, checked),
        custom_attrs={"aria-label": f"Select {row.name}"},
    )
    name = rx.el.div(
        rx.el.button(
            rx.el.bdi(row.name),
            type="button",
            class_name="name",
            on_click=EditorState.begin(row.id),
        ),
        rx.cond(
            row.description != "", rx.el.div(row.description, class_name="muted clip", dir="auto")
        ),
        class_name="fade",
    )
    data = rx.el.div(
        rx.el.div(row.kind), rx.el.span(row.format, class_name="tag"), class_name="stack fade"
    )
    when = rx.el.div(
        rx.el.div(row.words),
        rx.el.div(
            rx.cond(
                row.active,
                rx.cond(
                    row.next_at != "", browser.when(at=row.next_at, zone=row.zone), "no next run"
                ),
                "paused",
            ),
            " · ",
            row.place,
            class_name="muted",
        ),
        class_name="fade",
    )
    to = rx.el.div(
        rx.el.span(row.recipient, title=row.recipient),
        rx.cond(row.more > 0, rx.el.span(f"+{row.more}", class_name="muted", title=row.others)),
        class_name="fade to",
    )
    on = switch(
        f"{row.name} is active",
        checked=row.active,
        on_change=lambda checked: ScheduleActions.toggle(row.id, checked),
    )
    line = rx.el.tr(
        _cell(check, look="check"),
        _cell(name, look="c-name"),
        _cell(data, look="c-data"),
        _cell(when, look="c-when"),
        _cell(to, look="c-to"),
        _cell(_last_run(row), look="c-run"),
        _cell(on, look="c-on"),
        _cell(_actions(row), look="c-do"),
        role="row",
        class_name=rx.cond(row.active, "", rx.cond(row.paused != "", "off noted", "off")),
        custom_attrs={"data-selected": rx.cond(chosen, "true", "false"), "data-id": row.id},
    )
    return rx.fragment(line, rx.cond(row.paused != "", _paused(row)), key=row.id)


def _paused(row: Row) -> rx.Component:
    """Below its line: why it was paused by itself, and the way on."""
    when = browser.when(at=row.paused_at, zone=row.zone)
    box = paused_box(row.id, row.name, row.paused, when, f"{row.name} is active")
    return rx.el.tr(
        rx.el.td(box, col_span=COLUMNS, role="cell"),
        role="row",
        class_name="note",
        custom_attrs={"data-paused": row.id},
    )


def _last_run(row: Row) -> rx.Component:
    chip = status(
        row.status,
        row.status_word,
        on_click=HistoryState.show(row.id),
        title="Show the history",
        custom_attrs={"aria-label": f"{row.status_word}: show the history of {row.name}"},
    )
    under_way = rx.fragment(row.detail, " · ", browser.elapsed(since=row.since))
    # A long reason is cut at its end: the time stands before it
    reason = rx.fragment(browser.when(at=row.at, zone=row.zone), " · ", row.detail)
    ended = rx.fragment(
        rx.cond(
            row.detail != "",
            rx.fragment(row.detail, " · "),
            rx.cond(row.status == "never", "created ", ""),
        ),
        browser.when(at=row.at, zone=row.zone),
    )
    done = rx.cond(row.is_reason, reason, ended)
    since = browser.when(at=row.failing_at, zone=row.zone, prefix=" · trouble since ")
    streak = rx.el.div(row.streak, since, class_name="muted num")
    return rx.el.div(
        chip,
        rx.el.div(
            rx.cond(row.since != "", under_way, done), class_name="muted num clip", title=row.detail
        ),
        rx.cond(row.since != "", rx.el.div(rx.el.i(), class_name="track", aria_hidden="true")),
        rx.cond((row.streak != "") & (row.paused == ""), streak),
        class_name="stack",
    )


def _actions(row: Row) -> rx.Component:
    more = rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(icon_button("ellipsis", f"More for {row.name}")),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                rx.icon("pencil", size=14), "Edit", on_select=EditorState.begin(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("history", size=14), "History", on_select=HistoryState.show(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("copy", size=14), "Duplicate", on_select=EditorState.duplicate(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("send", size=14),
                "Send me a test",
                on_select=ScheduleActions.test(row.id).temporal,
                custom_attrs=ONCE,
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("trash-2", size=14),
                "Delete …",
                on_select=ScheduleActions.ask_delete(row.id),
                class_name="danger-item",
            ),
            align="end",
        ),
        modal=False,
    )
    return rx.el.div(
        icon_button("play", f"Run {row.name} now", once=True, on_click=ScheduleActions.run(row.id)),
        rx.el.span(
            icon_button("history", f"History of {row.name}", on_click=HistoryState.show(row.id)),
            icon_button("pencil", f"Edit {row.name}", on_click=EditorState.begin(row.id)),
            class_name="spare",
        ),
        more,
        class_name="row",
        gap="2px",
        justify_content="flex-end",
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            f"{ListState.first}-{ListState.last} of {ListState.total}", class_name="num", id="range"
        ),
        rx.el.span(class_name="grow"),
        icon_button(
            "chevron-left",
            "The page before",
            on_click=ListState.turn(-1),
            disabled=ListState.page <= 1,
        ),
        icon_button(
            "chevron-right",
            "The next page",
            on_click=ListState.turn(1),
            disabled=ListState.last >= ListState.total,
        ),
        class_name="foot",
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


def _nothing_found() -> rx.Component:
    clear = button("Clear search and filters", on_click=ListState.clear)
    return message(
        "search-x", "Nothing matches", "No scheduled export of this tenant is like that.", clear
    )


def _nothing_yet() -> rx.Component:
    cards = [
        rx.el.button(
            rx.el.b(one.title),
            rx.el.span(one.text, class_name="muted"),
            type="button",
            class_name="template",
            on_click=EditorState.begin_from(one.key),
        )
        for one in TEMPLATES
    ]
    return rx.el.div(
        message(
            "calendar-clock",
            "No scheduled exports yet",
            "A scheduled export makes a file of your campaign data on time and emails it."
            " Begin with one of these, or with an empty form.",
        ),
        rx.el.div(*cards, class_name="templates"),
        custom_attrs={"data-empty": "true"},
        class_name="empty",
    )
