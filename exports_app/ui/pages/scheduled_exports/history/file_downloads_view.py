"""The downloads of a run in its details, and the question before its links are revoked."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.pages.scheduled_exports.history.file_downloads import (
    DownloadRow,
    FileDownloadsState,
)
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState

TITLE = "Revoke this run's links?"
TEXT = (
    "The links that were sent stop working. People who are signed in can still download the "
    "file, and you can run it again to send new links."
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
        HistoryState.detail.can_revoke,
        button(
            "Revoke links", kind="small", icon="link-2-off", on_click=FileDownloadsState.ask(run.id)
        ),
    )


def revoke_dialog() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target="keep-links"),
            rx.alert_dialog.title(TITLE, as_child=False),
            rx.alert_dialog.description(TEXT, size="2", color="gray"),
            rx.el.div(
                rx.alert_dialog.cancel(
                    button("Cancel", on_click=FileDownloadsState.keep, id="keep-links")
                ),
                button(
                    "Revoke links",
                    kind="danger",
                    icon="link-2-off",
                    once=True,
                    on_click=FileDownloadsState.revoke,
                    id="confirm-revoke",
                ),
                class_name="dialog-foot",
            ),
            class_name="dialog slim",
            on_escape_key_down=FileDownloadsState.keep,
        ),
        open=FileDownloadsState.asking != "",
    )


def _download(row: DownloadRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(row.person, rx.el.div(row.how, class_name="muted"), class_name="grow"),
        rx.el.span(browser.when(at=row.at), class_name="muted num"),
        class_name="entry",
    )
