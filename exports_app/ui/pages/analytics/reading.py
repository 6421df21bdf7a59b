"""Reads figures without delaying other events."""

from collections.abc import Callable
from typing import Any, TypeVar

from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_lane

T = TypeVar("T")


async def slowly(read: Callable[..., T], *values: Any) -> T:
    """A reading may take seconds: other events do not wait for it. Raises Overloaded."""
    return await in_lane(services.lanes.figures, read, *values)
