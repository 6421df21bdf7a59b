"""How programs receive messages: folded, in the page."""

import reflex as rx

from exports_app.services.webhooks.receiving import HEADERS, PROGRAMS, Program
from exports_app.ui.components import browser
from exports_app.ui.components.controls import link

ANSWER = (
    "Your server gets a POST with a body in JSON. Answer with a status of 2xx within 15 seconds,"
    " and do the work afterwards: else the message is sent again, for three days. A message may"
    " come twice, with the same webhook-id."
)
VERIFY = (
    "In the examples the secret is in WEBHOOK_SECRET. Compare the signature with the raw body,"
    " before anything parses it."
)
DOCS = "/api/docs#/webhooks"


def receiving() -> rx.Component:
    headers = [rx.el.li(rx.el.code(name), f" {meaning}") for name, meaning in HEADERS.items()]
    return rx.el.details(
        rx.el.summary("How to receive and verify messages"),
        rx.el.p(ANSWER, margin="10px 0"),
        rx.el.ul(*headers, class_name="changes"),
        rx.el.p(VERIFY, margin="10px 0"),
        *map(_program, PROGRAMS),
        rx.el.p(
            "Each event with its fields and an example is in the ",
            link(
                "API documentation",
                href="/api/docs#/webhooks",
                is_external=True,
                underline="always",
            ),
            ", under Webhooks.",
            margin="14px 0 0",
        ),
        id="receiving",
        margin="12px 0 0",
    )


def _program(program: Program) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                rx.el.b(program.name),
                " · ",
                rx.el.span(program.about, class_name="muted"),
                class_name="grow",
            ),
            browser.copy_button(text=program.code, label=f"Copy {program.name}"),
            class_name="row wrap",
        ),
        rx.el.pre(
            program.code,
            class_name="dialogue",
            role="region",
            custom_attrs={"tabIndex": 0, "aria-label": program.name},
        ),
        margin="14px 0 0",
    )
