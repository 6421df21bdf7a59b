"""The dialog with a schedule's runs."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, message
from exports_app.ui.components.question import holding
from exports_app.ui.pages.scheduled_exports.history import (
    file_downloads_view,
    schedule_head,
    side_sections,
)
from exports_app.ui.pages.scheduled_exports.history.file_downloads import FileDownloadsState
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.run_table_view import run_table
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.dialogs import Opens
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from exports_app.ui.pages.scheduled_exports.sending.view import send_question


def history_dialog(form: Opens, yaml: Opens, *, covered: Any) -> rx.Component:
    """form, yaml: open the schedule's form and its YAML, which take the history's place while it is
    `covered`."""
    asks = SendQuestion.is_open | (FileDownloadsState.asking != "")
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            schedule_head.head(form, yaml),
            send_question(inside=True),
            file_downloads_view.revoke_question(inside=True),
            rx.el.div(
                _body(), class_name="dialog-body", min_height="220px", custom_attrs={"tabIndex": 0}
            ),
            class_name=holding("narrow", asks),
            custom_attrs={"aria-describedby": ""},
        ),
        open=(HistoryState.schedule_id != "") & ~covered,
        on_open_change=lambda _: HistoryState.put_away,
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
                rx.cond(RunTable.total == 0, _never_ran(), rx.fragment(_strip(), _runs())),
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
    def bar(run: RunItem) -> rx.Component:
        shown = rx.el.i(class_name=run.status, height=run.bar, title=run.title)
        return rx.cond(run.is_test, rx.fragment(), shown)

    strip = rx.el.div(
        rx.foreach(RunTable.rows.reverse(), bar),
        class_name="strip",
        role="img",
        custom_attrs={"aria-label": RunTable.summary},
    )
    return rx.cond(RunTable.summary != "", strip)


def _runs() -> rx.Component:
    return run_table(HistoryState.unfold, HistoryState.turn)
