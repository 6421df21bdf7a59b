"""The start page: what runs here, and where its API is."""

import reflex as rx

from exports_app.ui.page import page

ROUTE = "/"


@page(ROUTE, "Scheduled Exports")
def start() -> rx.Component:
    return rx.el.main(
        rx.el.h1("Scheduled Exports"),
        rx.el.p("Campaign data as a file, produced on time and delivered by email."),
        rx.el.ul(
            rx.el.li(rx.el.a("API documentation", href="/api/docs")),
            rx.el.li(rx.el.a("Health", href="/api/health")),
        ),
        max_width="40rem",
        margin="10vh auto",
        padding="0 1.5rem",
        font_family="system-ui, sans-serif",
        line_height="1.6",
    )
