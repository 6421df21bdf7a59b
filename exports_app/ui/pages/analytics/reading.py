"""Reads figures without delaying other events, and updates only what changed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import reflex as rx

T = TypeVar("T")

_slow = ThreadPoolExecutor(4, thread_name_prefix="figures")
"""A reading may take seconds. It gets its own threads, so that other events do not wait for it."""


async def slowly(read: Callable[..., T], *values: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_slow, read, *values)


def put(state: rx.State, **values: Any) -> None:
    """Set the vars that differ: whatever is set is sent, and a refresh finds most as it was."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)
