"""What is shown of a webhook in the list and on its own page."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, status, switch
from exports_app.ui.pages.webhooks.actions import DELETE, REPLAY, ROTATE, WebhookActions
from exports_app.ui.pages.webhooks.form import WebhookForm
from exports_app.ui.pages.webhooks.rows import WebhookRow


def health(webhook: Any) -> rx.Component:
    """webhook: a `WebhookRow`."""
    failing = rx.el.span(
        rx.el.span("Failing since ", browser.when(at=webhook.since)), class_name="status failed"
    )
    return rx.match(
        webhook.state,
        ("ok", status("completed", "OK")),
        ("failing", failing),
        ("off", status("skipped", "Switched off")),
        ("unproven", status("partial", "No success yet")),
        status("skipped", "Not used yet"),
    )


def facts(webhook: Any) -> rx.Component:
    used = rx.cond(
        webhook.used_at != "", rx.fragment(" · last used ", browser.when(at=webhook.used_at)), ""
    )
    return rx.fragment(
        rx.el.div(
            rx.el.bdi(webhook.host),
            " · ",
            webhook.events,
            " · ",
            webhook.schedules,
            class_name="muted",
        ),
        rx.cond(
            webhook.reason != "",
            rx.el.div("Switched off automatically. ", webhook.reason, class_name="muted"),
        ),
        rx.el.div(
            "created ",
            browser.when(at=webhook.created_at),
            " by ",
            rx.el.bdi(webhook.created_by),
            used,
            class_name="muted num",
        ),
    )


def row_actions(webhook: WebhookRow) -> rx.Component:
    return rx.el.div(
        button(
            "Send test",
            kind="small",
            once=True,
            on_click=WebhookActions.test(webhook.id),
            custom_attrs={"aria-label": f"Send a test to {webhook.name}"},
        ),
        icon_button("pencil", f"Edit {webhook.name}", on_click=WebhookForm.begin(webhook.id)),
        active_switch(webhook),
        class_name="row",
    )


def active_switch(webhook: Any) -> rx.Component:
    control = switch(
        f"Active: {webhook.name}",
        checked=webhook.active,
        on_change=lambda active: WebhookActions.toggle(webhook.id, active),
    )
    return rx.el.label(control, rx.el.span("Active"), class_name="row")


def page_actions(webhook: Any) -> rx.Component:
    """Of a webhook's own page."""
    ask = WebhookActions.ask
    return rx.el.div(
        button(
            "Send test",
            kind="small",
            icon="send",
            once=True,
            on_click=WebhookActions.test(webhook.id),
        ),
        button("Edit", kind="small", icon="pencil", on_click=WebhookForm.begin(webhook.id)),
        button(
            "Replay failed since …",
            kind="small",
            icon="rotate-cw",
            on_click=ask(REPLAY, webhook.id),
            disabled=~webhook.active,
        ),
        button("Rotate secret …", kind="small", icon="key-round", on_click=ask(ROTATE, webhook.id)),
        button("Delete …", kind="small", icon="trash-2", on_click=ask(DELETE, webhook.id)),
        class_name="row wrap",
    )
