"""Reads figures without delaying other events, and updates only what changed."""

from collections.abc import Callable
from typing import Any, TypeVar

import reflex as rx

from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_lane

T = TypeVar("T")


async def slowly(read: Callable[..., T], *values: Any) -> T:
    """A reading may take seconds: other events do not wait for it. Raises Overloaded."""
    return await in_lane(services.lanes.figures, read, *values)


def put(state: rx.State, **values: Any) -> None:
    """Set the vars that differ: whatever is set is sent, and a refresh finds most as it was."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)
