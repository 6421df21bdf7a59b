"""Reading figures beside everybody's clicks, and showing only what is new."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import reflex as rx

T = TypeVar("T")

_slow = ThreadPoolExecutor(4, thread_name_prefix="figures")
"""A reading may take seconds: so many at once, and none in the threads that everybody's clicks
need."""


async def slowly(read: Callable[..., T], *values: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_slow, read, *values)


def put(state: rx.State, **values: Any) -> None:
    """Set the vars that differ: whatever is set is sent, and a refresh finds most as it was."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)


def outline() -> rx.Component:
    """What stands in a page's place until anybody is known."""
    title = rx.el.div(rx.el.h1("Analytics"), class_name="page-top")
    return rx.el.div(
        title, skeleton(), class_name="page analytics", custom_attrs={"aria-busy": "true"}
    )


def skeleton() -> rx.Component:
    """What stands in the figures' place until they have come."""
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
