"""The page of all runs, and of one run."""

from collections.abc import Iterable

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, day_chooser, link, message
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState, may
from exports_app.ui.pages.scheduled_exports.address import ROUTE, RUNS
from exports_app.ui.pages.scheduled_exports.all_runs.schedule_picker import schedule_picker
from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns
from exports_app.ui.pages.scheduled_exports.history import file_downloads_view
from exports_app.ui.pages.scheduled_exports.history.rows import TRIGGERS
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.run_table_view import run_table
from exports_app.ui.pages.scheduled_exports.labels import STATUS_WORDS
from exports_app.ui.pages.scheduled_exports.sending.view import send_question


def _loading() -> rx.Component:
    lines = [
        rx.el.div(
            rx.el.span(class_name="skeleton", width=width),
            padding="17px 14px",
            border_bottom="1px solid var(--line)",
        )
        for width in ("62%", "48%", "70%", "55%", "66%", "50%")
    ]
    return rx.el.div(
        rx.el.div(rx.el.h1("All runs"), class_name="page-top"),
        rx.el.div(*lines, class_name="card"),
        rx.el.span("Loading", class_name="sr", role="status"),
        class_name="page",
        custom_attrs={"aria-busy": "true"},
    )


@page(
    RUNS,
    f"{RUNS}/[id]",
    title="All runs",
    under=ROUTE,
    needs=Permission.READ,
    load=AllRuns.arrive,
    refresh=AllRuns.refresh,
    step=AllRuns.step,
    loading=_loading,
)
def all_runs() -> rx.Component:
    return rx.fragment(
        rx.el.div(_top(), rx.cond(AllRuns.run_id != "", _one(), _list()), class_name="page"),
        file_downloads_view.revoke_question(),
        browser.keys(active=False),
        rx.cond(may(Permission.WRITE), send_question()),
    )


def _top() -> rx.Component:
    alone = AllRuns.run_id != ""
    title = rx.el.h1(rx.cond(alone, "Run", "All runs"))
    intro = rx.el.p("Runs of all scheduled exports of ", SessionState.tenant_name)
    back = rx.cond(
        alone,
        link("All runs", href=RUNS, class_name="btn"),
        link("Scheduled exports", href=ROUTE, class_name="btn"),
    )
    return rx.el.div(
        rx.el.div(title, rx.cond(~alone, intro), class_name="grow"), back, class_name="page-top"
    )


def _one() -> rx.Component:
    gone = message(
        "search-x",
        "Run not found",
        "It was removed from the history, the address is wrong, or you have no access to it.",
    )
    found = rx.cond(AllRuns.failed != "", _failed(), rx.el.div(_table(), class_name="card"))
    return rx.cond(AllRuns.gone, gone, rx.cond(AllRuns.loaded, found))


def _list() -> rx.Component:
    listed = rx.el.div(run_table(AllRuns.unfold, AllRuns.turn, named=True), class_name="card")
    content = rx.cond(
        AllRuns.failed != "", _failed(), rx.cond(RunTable.rows.length() > 0, listed, _nothing())
    )
    found = rx.el.span(
        rx.cond(AllRuns.narrowed & AllRuns.loaded, RunTable.total_words, ""),
        class_name="sr",
        role="status",
    )
    return rx.fragment(_bar(), found, rx.cond(AllRuns.loaded, content))


def _table() -> rx.Component:
    return run_table(None, named=True)


def _failed() -> rx.Component:
    again = button("Try again", kind="primary", on_click=AllRuns.refresh)
    reset = rx.cond(AllRuns.narrowed, button("Clear filters", on_click=AllRuns.clear))
    actions = rx.el.div(again, reset, class_name="row wrap", justify_content="center")
    return message("triangle-alert", "The runs could not be loaded", f"{AllRuns.failed}.", actions)


def _nothing() -> rx.Component:
    clear = button("Clear filters", on_click=AllRuns.clear)
    among = message(
        "search-x",
        f"No results among the {bounds.FARTHEST:,} runs that were searched",
        "Search older runs, or try other filters.",
        rx.el.div(
            button("Search older", kind="primary", on_click=AllRuns.turn(True)),
            clear,
            class_name="row wrap",
            justify_content="center",
        ),
    )
    return rx.cond(
        AllRuns.narrowed,
        rx.cond(
            RunTable.look_on != "",
            among,
            message("search-x", "No results", "Try other filters.", clear),
        ),
        message("history", "No runs yet", "Each run's file and delivery status will appear here."),
    )


def _bar() -> rx.Component:
    return rx.el.div(
        _choice("status", "Status", ((str(key), STATUS_WORDS[key]) for key in RunStatus)),
        schedule_picker(),
        _choice("trigger", "Trigger", ((str(key), TRIGGERS[key]) for key in Trigger)),
        _day("since", "From"),
        _day("until", "To"),
        _text("recipient", "Recipient", "Recipient …"),
        _text("reason", "Reason", "Reason …"),
        rx.cond(AllRuns.narrowed, button("Clear", kind="ghost small", on_click=AllRuns.clear)),
        class_name="bar runs-bar",
    )


def _choice(name: str, label: str, choices: Iterable[tuple[str, str]]) -> rx.Component:
    value = AllRuns.view[name]
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(
            rx.el.option("All", value=""),
            *[rx.el.option(words, value=key) for key, words in choices],
            value=value,
            on_change=lambda chosen: AllRuns.choose(name, chosen),
            id=f"filter-{name}",
        ),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        class_name=rx.cond(value != "", "filter set", "filter"),
    )


def _day(name: str, label: str) -> rx.Component:
    return day_chooser(
        label,
        f"filter-{name}",
        AllRuns.view[name],
        lambda chosen: AllRuns.choose(name, chosen),
        title=f"Time zone: {AllRuns.zone}",
    )


def _text(name: str, label: str, placeholder: str) -> rx.Component:
    return browser.text(
        id=f"filter-{name}",
        type="search",
        value=AllRuns.view[name],
        on_change=lambda text: AllRuns.choose(name, text),
        placeholder=placeholder,
        max_length=bounds.SEARCH,
        class_name="control",
        custom_attrs={"aria-label": label},
    )
