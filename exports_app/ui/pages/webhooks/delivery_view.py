"""All that is known of a delivery: what is sent, and what was answered."""

from typing import Any, cast

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, status
from exports_app.ui.pages.webhooks.actions import WebhookActions
from exports_app.ui.pages.webhooks.deliveries import DeliveriesState
from exports_app.ui.pages.webhooks.rows import AttemptRow, DeliveryRow

SCROLLS = {"tabIndex": 0}
"""Attributes of what scrolls: also by the keyboard."""


def details(delivery: DeliveryRow) -> rx.Component:
    sent, attempts = DeliveriesState.sent, cast("Any", DeliveriesState.attempts)
    again = rx.cond(
        delivery.can_redeliver,
        button(
            "Redeliver",
            kind="small",
            icon="rotate-cw",
            once=True,
            on_click=WebhookActions.redeliver(delivery.id),
        ),
    )
    return rx.el.div(
        rx.el.div(
            rx.el.b("Request", class_name="grow"),
            browser.copy_button(text=sent.body, label="Copy body"),
            again,
            class_name="row wrap",
        ),
        rx.el.ul(rx.foreach(sent.headers, _header), _signed(), class_name="changes"),
        _text("Request body", sent.pretty),
        rx.el.b("Attempts"),
        rx.cond(
            attempts.length() > 0,
            rx.el.ol(rx.foreach(attempts, _attempt), class_name="plain-list"),
            rx.el.p("None yet.", class_name="muted"),
        ),
        class_name="detail-grid",
    )


def _header(text: str) -> rx.Component:
    return rx.el.li(rx.el.code(text))


def _signed() -> rx.Component:
    return rx.el.li(
        rx.el.code("webhook-timestamp"),
        " and ",
        rx.el.code("webhook-signature"),
        ", different in each attempt",
    )


def _attempt(attempt: AttemptRow, number: rx.Var[int]) -> rx.Component:
    """The newest is unfolded."""
    answer = rx.el.details(
        rx.el.summary("Response"),
        _text("Response headers", attempt.head),
        rx.cond(
            attempt.body != "",
            _text("Response body", attempt.body),
            rx.el.p("No body", class_name="muted"),
        ),
        open=number == 0,
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                attempt.number,
                rx.el.div(browser.when(at=attempt.at), " · ", attempt.took, class_name="muted num"),
                class_name="grow",
            ),
            status(attempt.look, attempt.outcome),
            class_name="row",
        ),
        rx.cond(attempt.error != "", rx.el.div(attempt.error, class_name="muted")),
        rx.cond(attempt.head != "", answer),
        class_name="sent",
    )


def _text(label: str, text: rx.Var[str] | str) -> rx.Component:
    return rx.el.pre(
        text, class_name="dialogue", role="region", custom_attrs=SCROLLS | {"aria-label": label}
    )
