"""The details of the run that is opened."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.channel_icon import channel_icon
from exports_app.ui.components.controls import button, on_key, status
from exports_app.ui.pages.scheduled_exports.history import file_downloads_view
from exports_app.ui.pages.scheduled_exports.history.attempts import AttemptItem
from exports_app.ui.pages.scheduled_exports.history.delivery_rows import DeliveryItem
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.replacement_view import replacement
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion


def run_details(run: RunItem) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                rx.cond(OpenedRun.detail.error != "", _error(run)),
                _deliveries(),
                file_downloads_view.downloads(run),
                rx.cond(OpenedRun.attempts.length() > 0, _attempts()),
                _facts_and_actions(run),
                class_name="detail-grid",
            ),
            col_span=6,
            role="cell",
        ),
        class_name="detail",
        role="row",
    )


def _error(run: RunItem) -> rx.Component:
    detail = OpenedRun.detail
    return rx.el.div(
        rx.el.p(rx.el.b(detail.error)),
        rx.cond(detail.hint != "", rx.el.p(detail.hint)),
        rx.el.div(browser.copy_button(text=detail.raw, label="Copy error"), class_name="row"),
        class_name=rx.cond(
            run.status == "failed",
            "box bad",
            rx.cond(run.status == "partial", "box warn", "box info"),
        ),
    )


def _deliveries() -> rx.Component:
    return rx.cond(
        OpenedRun.deliveries.length() > 0,
        rx.el.div(rx.foreach(OpenedRun.deliveries, _delivery)),
        rx.el.div(OpenedRun.detail.no_emails, class_name="muted"),
    )


def _delivery(delivery: DeliveryItem) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(delivery.channel != "", rx.fragment(channel_icon(delivery.channel), " ")),
            delivery.target,
            rx.cond(delivery.form != "", rx.el.div(delivery.form, class_name="muted")),
            rx.cond(delivery.error != "", rx.el.div(delivery.error, class_name="muted")),
            rx.cond(delivery.advice != "", rx.el.div(delivery.advice)),
            rx.cond(OpenedRun.writes, replacement(delivery)),
            class_name="grow",
        ),
        rx.cond(
            delivery.at != "", rx.el.span(browser.when(at=delivery.at), class_name="muted num")
        ),
        status(delivery.status, delivery.word),
        class_name="delivery",
    )


def _attempts() -> rx.Component:
    return rx.el.div(
        rx.el.b("Attempts", class_name="label"),
        rx.el.ol(rx.foreach(OpenedRun.attempts, _attempt)),
        class_name="attempts",
    )


def _attempt(attempt: AttemptItem) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            attempt.number,
            rx.cond(attempt.took != "", f" · took {attempt.took}", ""),
            rx.cond(attempt.error != "", rx.el.div(attempt.error, class_name="muted")),
            class_name="grow",
        ),
        rx.el.span(browser.when(at=attempt.at), class_name="muted num"),
        status(attempt.look, attempt.word),
        class_name="entry",
    )


def _facts_and_actions(run: RunItem) -> rx.Component:
    return rx.el.div(
        _facts(),
        rx.cond(OpenedRun.writes, _actions(run)),
        class_name="row wrap",
    )


def _actions(run: RunItem) -> rx.Component:
    return rx.fragment(
        _waiting_actions(),
        _confirm_button(),
        _resend_button(run),
        _rerun_button(run),
        file_downloads_view.revoke_button(run),
        _cancel_button(),
    )


def _facts() -> rx.Component:
    detail = OpenedRun.detail
    return rx.el.div(
        rx.cond(detail.made != "", rx.el.div(detail.made, class_name="muted")),
        rx.cond(detail.sent != "", rx.el.div(detail.sent, class_name="muted")),
        rx.cond(
            detail.sha256 != "",
            rx.el.div(
                rx.el.span("SHA-256 ", rx.el.code(detail.sha256, overflow_wrap="anywhere")),
                " ",
                browser.copy_button(text=detail.sha256),
                class_name="muted",
            ),
        ),
        browser.copy_button(text=OpenedRun.link, label="Copy link to this run"),
        class_name="grow",
    )


def _waiting_actions() -> rx.Component:
    """For a run that waits for its next attempt."""
    return rx.cond(
        OpenedRun.detail.can_retry,
        rx.fragment(
            button(
                "Retry now",
                kind="small",
                icon="rotate-cw",
                once=True,
                on_click=SendQuestion.ask_retry(OpenedRun.schedule_id, OpenedRun.run_id),
            ),
            button(
                "Stop retrying",
                kind="small",
                icon="flag-off",
                once=True,
                on_click=OpenedRun.give_up,
            ),
        ),
    )


def _confirm_button() -> rx.Component:
    """For messages of which it is not known whether they arrived."""
    unknown = OpenedRun.detail.unknown
    return rx.cond(
        unknown > 0,
        button(
            rx.cond(unknown == 1, "Mark as delivered", f"Mark {unknown} as delivered"),
            kind="small",
            icon="mail-check",
            once=True,
            on_click=OpenedRun.arrived,
        ),
    )


def _resend_button(run: RunItem) -> rx.Component:
    detail = OpenedRun.detail
    return rx.cond(
        detail.can_resend,
        button(
            detail.resend,
            kind="small",
            icon="send",
            once=True,
            on_click=SendQuestion.ask_resend(OpenedRun.schedule_id, run.id),
        ),
    )


def _rerun_button(run: RunItem) -> rx.Component:
    return rx.cond(
        OpenedRun.detail.can_rerun,
        button(
            "Rerun for the same dates",
            kind="small",
            icon="rotate-cw",
            once=True,
            custom_attrs=on_key("r"),
            on_click=SendQuestion.ask_rerun(OpenedRun.schedule_id, run.id),
        ),
    )


def _cancel_button() -> rx.Component:
    return rx.cond(
        OpenedRun.detail.can_cancel,
        button(
            "Cancel run",
            kind="small",
            icon="ban",
            once=True,
            on_click=OpenedRun.cancel,
        ),
    )
