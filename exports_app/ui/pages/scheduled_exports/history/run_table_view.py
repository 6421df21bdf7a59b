"""A table of runs, with the details of one between its rows, and the way to its other pages."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, link, on_key, status
from exports_app.ui.framework.downloads import DownloadState
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.history.detail_view import run_details
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem
from exports_app.ui.pages.scheduled_exports.history.run_table import TOP, RunTable

AT_ONCE = 16
"""So many runs are painted first."""


def run_table(unfold: Any, turn: Any = None, *, named: bool = False) -> rx.Component:
    """unfold: the event that shows a run's details, with its id; None: they are always shown. turn:
    the one that goes to the page of older (true) or newer runs; None: there are no others. named:
    each row names its schedule."""
    table = _table(unfold, named=named)
    if turn is None:
        return table
    top = rx.el.div(id=TOP, custom_attrs={"tabIndex": -1}, class_name="sr")
    return rx.fragment(top, browser.focus(target=RunTable.focus), table, pages(turn))


def pages(turn: Any) -> rx.Component:
    has_older = RunTable.older | (RunTable.look_on != "")
    older = rx.cond(
        RunTable.older, "Older", rx.cond(RunTable.look_on != "", "Search older", "Older")
    )
    return rx.el.div(
        rx.el.span(RunTable.total_words, class_name="num grow", id="run-count"),
        button("Newer", kind="small", on_click=turn(False), disabled=~RunTable.newer),
        button(older, kind="small", on_click=turn(True), disabled=~has_older),
        class_name="foot",
    )


def _table(unfold: Any, *, named: bool) -> rx.Component:
    what = "Scheduled export" if named else "File"
    heads = (("Status", ""), ("Time", ""), (what, ""), ("Rows", "right"), ("Duration", "right"))

    def row(run: RunItem) -> rx.Component:
        return _run(run, unfold, named=named)

    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                *[
                    rx.el.th(words, class_name=look, scope="col", role="columnheader")
                    for words, look in heads
                ],
                rx.el.th(rx.el.span("Actions", class_name="sr"), scope="col", role="columnheader"),
                role="row",
            ),
            role="rowgroup",
        ),
        rx.el.tbody(
            rx.foreach(RunTable.rows[:AT_ONCE], row),
            browser.soon(rx.foreach(RunTable.rows[AT_ONCE:], row)),
            role="rowgroup",
        ),
        class_name="history",
        role="table",
        custom_attrs={"aria-label": "Runs, newest first"},
    )


def _run(run: RunItem, unfold: Any, *, named: bool) -> rx.Component:
    opened: Any = RunTable.opened == run.id
    row = rx.el.tr(
        rx.el.td(
            status(run.status, run.status_word),
            rx.cond(run.is_test, rx.fragment(" ", rx.el.span("Test", class_name="tag"))),
            role="cell",
        ),
        rx.el.td(_when(run), role="cell", class_name="wide-cell"),
        rx.el.td(_file(run, named=named), role="cell", class_name="wide-cell"),
        rx.el.td(run.records, role="cell", class_name="right"),
        rx.el.td(run.took, role="cell", class_name="right"),
        rx.el.td(
            rx.el.div(
                _download_button(run),
                *([_details_button(run, opened, unfold)] if unfold else []),
                class_name="row",
                gap="2px",
                justify_content="flex-end",
            ),
            role="cell",
            class_name="right",
        ),
        role="row",
        tab_index=-1,
        custom_attrs={"data-run": run.id},
    )
    return rx.fragment(row, rx.cond(opened, run_details(run)), key=run.id)


def _when(run: RunItem) -> rx.Component:
    return rx.fragment(
        rx.cond(
            run.since != "",
            rx.fragment("for ", browser.elapsed(since=run.since)),
            browser.when(at=run.at),
        ),
        rx.cond(
            run.waits != "",
            rx.el.div(
                run.waits,
                rx.cond(run.waits_at != "", rx.fragment(" ", browser.when(at=run.waits_at))),
                run.waits_after,
                class_name="waits",
            ),
        ),
        rx.el.div(
            run.how, rx.cond(run.attempts != "", f" · {run.attempts}", ""), class_name="muted"
        ),
    )


def _file(run: RunItem, *, named: bool) -> rx.Component:
    schedule = rx.el.div(
        link(rx.el.bdi(run.schedule_name), href=f"{ROUTE}/{run.schedule_id}", class_name="name")
    )
    name = rx.el.div(rx.foreach(run.parts, rx.el.span), class_name="file")
    return rx.fragment(
        *([schedule] if named else []),
        rx.cond(run.file_name != "", name, rx.el.div("No file", class_name="muted")),
        rx.el.div(rx.cond(run.size != "", f"{run.size} · ", ""), run.window, class_name="muted"),
    )


def _download_button(run: RunItem) -> rx.Component:
    return icon_button(
        "download",
        f"Download {run.file_name}",
        on_click=DownloadState.start(run.schedule_id, run.id),
        disabled=~run.has_file,
        custom_attrs=on_key("d"),
    )


def _details_button(run: RunItem, opened: Any, unfold: Any) -> rx.Component:
    return rx.el.button(
        rx.cond(opened, rx.icon("chevron-down", size=16), rx.icon("chevron-right", size=16)),
        type="button",
        class_name="icon-button",
        title="Details",
        on_click=unfold(run.id),
        custom_attrs=on_key("Enter")
        | {
            "aria-label": f"Details: {run.title}",
            "aria-expanded": rx.cond(opened, "true", "false"),
        },
    )
