"""Calls of services in threads, since they wait for the database: in the pages' lane, so that open
pages keep neither the API nor the engine waiting."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from exports_app.services.core.lanes import Lane
from exports_app.services.core.request_coalescing import in_group
from exports_app.ui.framework.services import services

P = ParamSpec("P")
R = TypeVar("R")

_threads = ThreadPoolExecutor(48, thread_name_prefix="page")
"""More than the places of the lanes: those decide."""


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the work returns. Raises what it raises, and Overloaded."""
    return await in_lane(services.lanes.pages, work, *args, **kwargs)


async def signing_in(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `in_thread`, for what hashes a password: others do not wait for it."""
    return await in_lane(services.lanes.sign_in, work, *args, **kwargs)


async def in_lane(lane: Lane, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `in_thread`, in this lane."""
    context = contextvars.copy_context()
    async with lane.place(patient=in_group()):
        return await asyncio.get_running_loop().run_in_executor(
            _threads, lambda: context.run(work, *args, **kwargs)
        )
