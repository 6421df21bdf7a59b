"""The field for another address, below a recipient whom the mail server refused."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.pages.scheduled_exports.history.delivery_rows import DeliveryItem
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.replacement import ReplacementState

NAME = "new-address"


def replacement(delivery: DeliveryItem) -> rx.Component:
    """For those who may write, where the address may be replaced."""
    label = f"Replace address {delivery.target}"
    ask = button(
        "Replace address",
        kind="small",
        icon="user-pen",
        on_click=ReplacementState.ask(delivery.target),
        custom_attrs={"aria-label": label},
    )
    asked = ReplacementState.target == delivery.target
    return rx.cond(delivery.can_replace, rx.cond(asked, _form(delivery), ask))


def _form(delivery: DeliveryItem) -> rx.Component:
    state: Any = ReplacementState
    control = text_input(
        NAME,
        state.address,
        state.set_address,
        state.error,
        type="email",
        max_length=bounds.ADDRESS,
        spell_check=False,
    )
    hint = rx.cond(
        state.doubt != "",
        rx.el.span(state.doubt, class_name="warn-text", role="status"),
        rx.cond(
            OpenedRun.detail.can_retry,
            "The next retry sends this file to the new address. Future runs will use it too.",
            "This file is sent now, to the new address only. Future runs will use it too.",
        ),
    )
    return rx.el.div(
        browser.focus(target=NAME),
        field(
            f"New address for {delivery.target}", control, name=NAME, error=state.error, hint=hint
        ),
        rx.el.div(
            button(
                "Replace and resend",
                kind="small primary",
                icon="send",
                once=True,
                on_click=state.replace,
                disabled=state.address == "",
            ),
            button("Cancel", kind="small", on_click=state.cancel),
            class_name="row wrap",
        ),
        class_name="replacement",
    )
