"""The details of the run that is opened."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, status
from exports_app.ui.pages.scheduled_exports.history import file_downloads_view
from exports_app.ui.pages.scheduled_exports.history.attempts import AttemptItem
from exports_app.ui.pages.scheduled_exports.history.rows import DeliveryItem, RunItem
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState


def run_details(run: RunItem) -> rx.Component:
    found = HistoryState.detail
    error = rx.el.div(
        rx.el.p(rx.el.b(found.error)),
        rx.cond(found.hint != "", rx.el.p(found.hint)),
        rx.el.div(browser.copy_button(text=found.raw, label="Copy error"), class_name="row"),
        class_name=rx.cond(
            run.status == "failed",
            "box bad",
            rx.cond(run.status == "partial", "box warn", "box info"),
        ),
    )
    facts = rx.el.div(
        rx.cond(found.made != "", rx.el.div(found.made, class_name="muted")),
        rx.cond(found.sent != "", rx.el.div(found.sent, class_name="muted")),
        rx.cond(
            found.sha256 != "",
            rx.el.div(
                rx.el.span("SHA-256 ", rx.el.code(found.sha256, overflow_wrap="anywhere")),
                " ",
                browser.copy_button(text=found.sha256),
                class_name="muted",
            ),
        ),
        class_name="grow",
    )
    actions = rx.el.div(
        facts,
        rx.cond(
            found.can_retry,
            rx.fragment(
                button(
                    "Retry now",
                    kind="small",
                    icon="rotate-cw",
                    once=True,
                    on_click=HistoryState.retry_now(run.id),
                ),
                button(
                    "Give up",
                    kind="small",
                    icon="flag-off",
                    once=True,
                    on_click=HistoryState.give_up(run.id),
                ),
            ),
        ),
        rx.cond(
            found.unknown > 0,
            button(
                rx.cond(found.unknown == 1, "It arrived", f"All {found.unknown} arrived"),
                kind="small",
                icon="mail-check",
                once=True,
                on_click=HistoryState.arrived(run.id),
            ),
        ),
        rx.cond(
            found.can_resend,
            button(
                rx.cond(
                    found.unknown == found.unsent,
                    "Send again",
                    rx.cond(
                        found.unsent == 1,
                        "Send again to the one who did not get it",
                        f"Send again to the {found.unsent} who did not get it",
                    ),
                ),
                kind="small",
                icon="send",
                once=True,
                on_click=HistoryState.resend(run.id),
            ),
        ),
        rx.cond(
            found.can_rerun,
            button(
                "Run again with the same window",
                kind="small",
                icon="rotate-cw",
                once=True,
                on_click=HistoryState.rerun(run.id),
            ),
        ),
        file_downloads_view.revoke_button(run),
        rx.cond(
            found.can_cancel,
            button(
                "Cancel this run",
                kind="small",
                icon="ban",
                once=True,
                on_click=HistoryState.cancel(run.id),
            ),
        ),
        class_name="row wrap",
    )
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                rx.cond(found.error != "", error),
                rx.cond(
                    HistoryState.deliveries.length() > 0,
                    rx.el.div(rx.foreach(HistoryState.deliveries, _delivery)),
                    rx.el.div("No emails yet.", class_name="muted"),
                ),
                file_downloads_view.downloads(run),
                rx.cond(HistoryState.attempts.length() > 0, _attempts()),
                actions,
                class_name="detail-grid",
            ),
            col_span=6,
            role="cell",
        ),
        class_name="detail",
        role="row",
    )


def _attempts() -> rx.Component:
    return rx.el.div(
        rx.el.b("Attempts", class_name="label"),
        rx.el.ol(rx.foreach(HistoryState.attempts, _attempt)),
        class_name="attempts",
    )


def _attempt(one: AttemptItem) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            one.number,
            rx.cond(one.took != "", f" · took {one.took}", ""),
            rx.cond(one.error != "", rx.el.div(one.error, class_name="muted")),
            class_name="grow",
        ),
        rx.el.span(browser.when(at=one.at), class_name="muted num"),
        status(one.look, one.word),
        class_name="entry",
    )


def _delivery(one: DeliveryItem) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            one.target,
            rx.cond(one.error != "", rx.el.div(one.error, class_name="muted")),
            class_name="grow",
        ),
        rx.cond(one.at != "", rx.el.span(browser.when(at=one.at), class_name="muted num")),
        status(one.status, one.word),
        class_name="delivery",
    )
