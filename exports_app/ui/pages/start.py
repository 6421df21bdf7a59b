"""The start page: what runs here, and where its API is."""

import reflex as rx

from exports_app.ui.page import page

ROUTE = "/"


def _link(href: str, title: str, text: str) -> rx.Component:
    return rx.el.li(
        # A plain link: these are the API's own pages, not routes of this app
        rx.el.a(title, href=href, font_weight="500", color="var(--accent-11)", text_decoration="underline"),
        rx.el.div(text, color="var(--gray-11)", font_size="0.875rem"),
        margin_top="1rem",
        list_style="none",
    )


@page(ROUTE, "Scheduled Exports")
def start() -> rx.Component:
    return rx.el.main(
        rx.el.h1("Scheduled Exports", font_size="1.75rem", font_weight="700", letter_spacing="-0.01em"),
        rx.el.p(
            "Campaign data as a file, made on time and delivered by email. This server makes the exports and answers the API.",
            margin_top="0.5rem",
            color="var(--gray-11)",
        ),
        rx.el.ul(
            _link("/api/docs", "API documentation", "Every call, to read and to try; sign in with POST /api/auth/login."),
            _link("/api/health", "Health", "Whether database, engine and email are ready."),
            margin_top="1rem",
            padding="0",
        ),
        max_width="40rem",
        margin="12vh auto 0",
        padding="0 1.5rem",
        font_family="system-ui, sans-serif",
        line_height="1.5",
    )
