"""The downloads of a run in its details, and the question before its links are revoked."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.components.question import question
from exports_app.ui.pages.scheduled_exports.history.file_downloads import (
    DownloadRow,
    FileDownloadsState,
)
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem

TITLE = "Revoke this run's links?"
TEXT = (
    "The links that were sent stop working. People who are signed in can still download the "
    "file, and you can rerun it to send new links."
)


def downloads(run: RunItem) -> rx.Component:
    rows = rx.el.ol(rx.foreach(FileDownloadsState.rows, _download))
    listed = rx.el.div(
        rx.el.b(FileDownloadsState.heading, class_name="label"), rows, class_name="attempts"
    )
    is_shown = (FileDownloadsState.run_id == run.id) & (FileDownloadsState.rows.length() > 0)
    return rx.cond(is_shown, listed)


def revoke_button(run: RunItem) -> rx.Component:
    return rx.cond(
        OpenedRun.detail.can_revoke,
        button(
            "Revoke links", kind="small", icon="link-2-off", on_click=FileDownloadsState.ask(run.id)
        ),
    )


def revoke_question(*, inside: bool = False) -> rx.Component:
    """inside: see `question`."""
    return question(
        inside=inside,
        is_open=FileDownloadsState.asking != "",
        title=TITLE,
        text=TEXT,
        confirm="Revoke links",
        icon="link-2-off",
        on_confirm=FileDownloadsState.revoke,
        on_cancel=FileDownloadsState.keep,
    )


def _download(row: DownloadRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(row.person, rx.el.div(row.how, class_name="muted"), class_name="grow"),
        rx.el.span(browser.when(at=row.at), class_name="muted num"),
        class_name="entry",
    )
