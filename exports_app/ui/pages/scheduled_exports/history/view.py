"""The dialog with a schedule's last runs."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, message, status
from exports_app.ui.framework.downloads import DownloadState
from exports_app.ui.pages.scheduled_exports.history import (
    file_downloads_view,
    schedule_head,
    side_sections,
)
from exports_app.ui.pages.scheduled_exports.history.detail_view import run_details
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.dialogs import Opens

AT_ONCE = 16
"""So many runs are painted first."""


def history_dialog(form: Opens, *, covered: Any) -> rx.Component:
    """form: opens the schedule's form, which takes the history's place while it is `covered`."""
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            schedule_head.head(form),
            file_downloads_view.revoke_dialog(),
            rx.el.div(
                _body(), class_name="dialog-body", min_height="220px", custom_attrs={"tabIndex": 0}
            ),
            class_name="dialog narrow",
            custom_attrs={"aria-describedby": ""},
        ),
        open=(HistoryState.schedule_id != "") & ~covered,
        on_open_change=lambda _: HistoryState.close,
    )


def _body() -> rx.Component:
    return rx.cond(
        HistoryState.gone != "",
        message(
            "search-x",
            "Scheduled export not found",
            "It was deleted, the address is wrong, or you have no access to it.",
        ),
        rx.cond(
            ~HistoryState.loaded,
            rx.cond(HistoryState.failed != "", _failed(), _loading()),
            rx.fragment(
                side_sections.paused(),
                schedule_head.settings(),
                rx.cond(HistoryState.total == 0, _never_ran(), rx.fragment(_strip(), _runs())),
                rx.cond(
                    HistoryState.removed != "",
                    rx.el.div(
                        HistoryState.removed,
                        class_name="aside muted",
                        id="removed-runs",
                        padding_block="12px",
                    ),
                ),
                rx.cond(ScheduleState.writes, side_sections.backfill()),
                side_sections.notices(),
            ),
        ),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.span(class_name="skeleton"), padding="30px 20px", custom_attrs={"aria-busy": "true"}
    )


def _failed() -> rx.Component:
    again = button("Try again", icon="rotate-cw", on_click=HistoryState.again)
    return message(
        "triangle-alert", "The history could not be loaded", f"{HistoryState.failed}.", again
    )


def _never_ran() -> rx.Component:
    return message(
        "history",
        "No runs yet",
        "Each run's file and delivery status will appear here.",
    )


def _strip() -> rx.Component:
    return rx.el.div(
        rx.foreach(
            HistoryState.runs.reverse(),
            lambda run: rx.el.i(class_name=run.status, height=run.bar, title=run.title),
        ),
        class_name="strip",
        role="img",
        custom_attrs={"aria-label": HistoryState.summary},
    )


def _runs() -> rx.Component:
    heads = (("Status", ""), ("Time", ""), ("File", ""), ("Rows", "right"), ("Duration", "right"))
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
            rx.foreach(HistoryState.runs[:AT_ONCE], _run),
            browser.soon(rx.foreach(HistoryState.runs[AT_ONCE:], _run)),
            role="rowgroup",
        ),
        class_name="history",
        role="table",
        custom_attrs={"aria-label": "Runs, newest first"},
    )


def _run(run: RunItem) -> rx.Component:
    opened = HistoryState.opened == run.id
    row = rx.el.tr(
        rx.el.td(status(run.status, run.status_word), role="cell"),
        rx.el.td(_when(run), role="cell", class_name="wide-cell"),
        rx.el.td(_file(run), role="cell", class_name="wide-cell"),
        rx.el.td(run.records, role="cell", class_name="right"),
        rx.el.td(run.took, role="cell", class_name="right"),
        rx.el.td(
            rx.el.div(
                _download_button(run),
                _details_button(run, opened),
                class_name="row",
                gap="2px",
                justify_content="flex-end",
            ),
            role="cell",
            class_name="right",
        ),
        role="row",
        custom_attrs={"data-run": run.id},
    )
    return rx.fragment(row, rx.cond(opened, run_details(run)), key=run.id)


def _when(run: RunItem) -> rx.Component:
    return rx.fragment(
        rx.cond(
            run.since != "",
            rx.fragment("since ", browser.elapsed(since=run.since)),
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


def _file(run: RunItem) -> rx.Component:
    name = rx.el.div(rx.foreach(run.parts, rx.el.span), class_name="file")
    return rx.fragment(
        rx.cond(run.file_name != "", name, rx.el.div("No file", class_name="muted")),
        rx.el.div(rx.cond(run.size != "", f"{run.size} · ", ""), run.window, class_name="muted"),
    )


def _download_button(run: RunItem) -> rx.Component:
    return icon_button(
        "download",
        f"Download {run.file_name}",
        on_click=DownloadState.start(HistoryState.schedule_id, run.id),
        disabled=~run.has_file,
    )


def _details_button(run: RunItem, opened: rx.Var[bool]) -> rx.Component:
    return rx.el.button(
        rx.cond(opened, rx.icon("chevron-down", size=16), rx.icon("chevron-right", size=16)),
        type="button",
        class_name="icon-button",
        title="Details",
        on_click=HistoryState.unfold(run.id),
        custom_attrs={
            "aria-label": f"Details: {run.title}",
            "aria-expanded": rx.cond(opened, "true", "false"),
        },
    )
