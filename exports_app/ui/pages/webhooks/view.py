"""The page of the webhooks, and of one webhook."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components.controls import button, link, message
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.webhooks.address import ROUTE
from exports_app.ui.pages.webhooks.dialogs import dialogs
from exports_app.ui.pages.webhooks.form import WebhookForm
from exports_app.ui.pages.webhooks.listing import WebhooksState
from exports_app.ui.pages.webhooks.one_view import one
from exports_app.ui.pages.webhooks.receiving_view import receiving
from exports_app.ui.pages.webhooks.row_view import facts, health, row_actions
from exports_app.ui.pages.webhooks.rows import WebhookRow
from exports_app.ui.pages.webhooks.state import WebhooksPage

ABOUT = "Programs that are told when runs end and scheduled exports change"


def _loading() -> rx.Component:
    lines = [
        rx.el.div(
            rx.el.span(class_name="skeleton", width=width),
            padding="20px 14px",
            border_bottom="1px solid var(--line)",
        )
        for width in ("48%", "62%", "55%")
    ]
    return rx.el.div(
        rx.el.div(rx.el.h1("Webhooks"), class_name="page-top"),
        rx.el.div(*lines, class_name="card"),
        rx.el.span("Loading", class_name="sr", role="status"),
        class_name="page",
        custom_attrs={"aria-busy": "true"},
    )


@page(
    ROUTE,
    f"{ROUTE}/[id]",
    title="Webhooks",
    needs=Permission.WRITE,
    load=WebhooksPage.arrive,
    refresh=WebhooksPage.refresh,
    step=WebhooksPage.step,
    nav="Webhooks",
    icon="webhook",
    order=30,
    loading=_loading,
)
def webhooks() -> rx.Component:
    state = WebhooksState
    found = rx.cond(state.webhook_id != "", one(), _list())
    content = rx.cond(
        state.gone, _gone(), rx.cond(state.failed != "", _failed(), rx.cond(state.loaded, found))
    )
    return rx.fragment(rx.el.div(_top(), content, class_name="page webhooks"), dialogs())


def _top() -> rx.Component:
    alone = WebhooksState.webhook_id != ""
    title = rx.el.h1(rx.cond(alone, "Webhook", "Webhooks"))
    rows: Any = WebhooksState.rows
    intro = rx.el.p(ABOUT, " in ", rx.el.bdi(SessionState.tenant_name))
    new = button(
        "New webhook", kind="primary", icon="plus", on_click=WebhookForm.begin(""), id="new"
    )
    return rx.el.div(
        rx.el.div(title, rx.cond(~alone, intro), class_name="grow"),
        rx.cond(
            alone,
            link("All webhooks", href=ROUTE, class_name="btn", underline="none"),
            rx.cond(rows.length() > 0, new),
        ),
        class_name="page-top",
    )


def _gone() -> rx.Component:
    return message(
        "search-x",
        "Webhook not found",
        "It was deleted, the address is wrong, or you have no access to it.",
        link("All webhooks", href=ROUTE, class_name="btn", underline="none"),
    )


def _failed() -> rx.Component:
    again = button("Try again", icon="rotate-cw", on_click=WebhooksPage.refresh)
    what = rx.cond(WebhooksState.failed != "", f"{WebhooksState.failed}.", "")
    return message("triangle-alert", "The webhooks could not be loaded", what, again)


def _list() -> rx.Component:
    rows: Any = WebhooksState.rows
    listed = rx.el.ul(rx.foreach(rows, _row), class_name="plain-list card", id="webhooks")
    return rx.cond(rows.length() > 0, rx.fragment(listed, receiving()), _none())


def _none() -> rx.Component:
    none = message(
        "webhook",
        "No webhooks yet",
        "A webhook sends each event, such as a completed or failed run, to an address of yours.",
        button(
            "New webhook", kind="primary", icon="plus", on_click=WebhookForm.begin(""), id="new"
        ),
    )
    return rx.fragment(none, rx.el.div(receiving(), max_width="800px", margin="0 auto"))


def _row(webhook: WebhookRow) -> rx.Component:
    name = link(
        rx.el.bdi(webhook.name), href=f"{ROUTE}/{webhook.id}", class_name="name", underline="none"
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(name, health(webhook), class_name="row wrap"),
            facts(webhook),
            class_name="grow",
        ),
        row_actions(webhook),
        class_name="entry wrap-narrow",
        key=webhook.id,
    )
