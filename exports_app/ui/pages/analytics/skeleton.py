"""What is shown in place of the figures until they are loaded."""

import reflex as rx


def outline() -> rx.Component:
    """What is shown in a page's place until its user is known."""
    title = rx.el.div(rx.el.h1("Analytics"), class_name="page-top")
    return rx.el.div(
        title, skeleton(), class_name="page analytics", custom_attrs={"aria-busy": "true"}
    )


def skeleton() -> rx.Component:
    """What is shown in place of the figures until they are loaded."""
    bars = [
        rx.el.div(rx.el.span(class_name="skeleton", width="60%"), class_name="card figure-card")
        for _ in range(6)
    ]
    chart = rx.el.div(
        rx.el.span(class_name="skeleton", height="220px"), class_name="card figure-card"
    )
    return rx.fragment(
        rx.el.div(*bars, class_name="cards"),
        chart,
        rx.el.span("Loading", class_name="sr", role="status"),
    )
