"""A webhook's own page: its facts, and its deliveries."""

from typing import Any, cast

import reflex as rx

from exports_app.services.core.records import WebhookStatus
from exports_app.services.events.kinds import MEANINGS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, chooser, message, status
from exports_app.ui.pages.webhooks.deliveries import DeliveriesState
from exports_app.ui.pages.webhooks.delivery_view import details
from exports_app.ui.pages.webhooks.listing import WebhooksState
from exports_app.ui.pages.webhooks.row_view import active_switch, facts, health, page_actions
from exports_app.ui.pages.webhooks.rows import STATUS_WORDS, DeliveryRow
from exports_app.ui.pages.webhooks.state import WebhooksPage


def one() -> rx.Component:
    webhook = WebhooksState.one
    until = rx.cond(
        webhook.previous_until != "",
        rx.el.div(
            "Messages are signed with the previous secret, too, until ",
            browser.local(at=webhook.previous_until),
            class_name="muted",
        ),
    )
    head = rx.el.section(
        rx.el.div(
            rx.el.h2(rx.el.bdi(webhook.name), class_name="grow"),
            active_switch(webhook),
            class_name="row",
        ),
        rx.el.div(health(webhook), margin="6px 0"),
        facts(webhook),
        until,
        rx.el.div(page_actions(webhook), class_name="spaced"),
        class_name="card settings-card",
        id="webhook",
    )
    return rx.fragment(head, _deliveries())


def _deliveries() -> rx.Component:
    state, rows = DeliveriesState, cast("Any", DeliveriesState.rows)
    listed = rx.el.ul(rx.foreach(rows, _delivery), class_name="plain-list", id="deliveries")
    none = rx.cond(
        state.narrowed,
        message(
            "search-x",
            "No results",
            "Try other filters.",
            button("Clear filters", on_click=WebhooksPage.clear),
        ),
        rx.el.p("Nothing was sent yet. Send a test to try it.", class_name="muted"),
    )
    content = rx.cond(rows.length() > 0, rx.fragment(listed, _pages()), none)
    return rx.el.section(
        rx.el.h2("Deliveries"),
        _bar(),
        content,
        class_name="card settings-card",
        margin_top="16px",
    )


def _bar() -> rx.Component:
    state = DeliveriesState
    statuses = [("", "All"), *((str(each), STATUS_WORDS[each]) for each in WebhookStatus)]
    events = [("", "All"), *((str(kind), m.label) for kind, m in MEANINGS.items())]
    return rx.el.div(
        *(
            chooser(
                label,
                f"filter-{name}",
                state.view[name],
                lambda value, name=name: WebhooksPage.choose(name, value),
                choices,
            )
            for label, name, choices in (("Status", "status", statuses), ("Event", "event", events))
        ),
        rx.cond(state.narrowed, button("Clear", kind="ghost small", on_click=WebhooksPage.clear)),
        class_name="bar runs-bar",
        margin="12px 0 4px",
    )


def _pages() -> rx.Component:
    state, turn = DeliveriesState, WebhooksPage.turn
    return rx.el.div(
        rx.el.span(state.counted, class_name="num grow", id="delivery-count"),
        button("Newer", kind="small", on_click=turn(-1), disabled=state.number == 1),
        button("Older", kind="small", on_click=turn(1), disabled=state.last),
        class_name="foot",
    )


def _delivery(delivery: DeliveryRow) -> rx.Component:
    opened: Any = DeliveriesState.opened == delivery.id
    waits = rx.cond(
        delivery.next_at != "",
        rx.fragment(" · next attempt ", browser.when(at=delivery.next_at)),
    )
    attempts = rx.cond(delivery.attempts != "", f" · {delivery.attempts}", "")
    line = rx.el.div(
        rx.el.div(
            rx.el.b(delivery.event),
            rx.el.div(
                browser.when(at=delivery.created_at), attempts, waits, class_name="muted num"
            ),
            rx.cond(delivery.answer != "", rx.el.div(delivery.answer, class_name="muted")),
            class_name="grow",
        ),
        status(delivery.look, delivery.word),
        _details_button(delivery, opened),
        class_name="row",
    )
    return rx.el.li(line, rx.cond(opened, details(delivery)), class_name="sent", key=delivery.id)


def _details_button(delivery: DeliveryRow, opened: Any) -> rx.Component:
    return rx.el.button(
        rx.cond(opened, rx.icon("chevron-down", size=16), rx.icon("chevron-right", size=16)),
        type="button",
        class_name="icon-button",
        title="Details",
        on_click=WebhooksPage.unfold(delivery.id),
        custom_attrs={
            "aria-label": f"Details: {delivery.event}, {delivery.word}",
            "aria-expanded": rx.cond(opened, "true", "false"),
        },
    )
