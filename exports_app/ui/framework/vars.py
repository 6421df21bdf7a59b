"""Updates only what changed: whatever is set is sent to the browser, and a refresh finds most as it
was."""

from typing import Any

import reflex as rx


def put(state: rx.State, **values: Any) -> None:
    """Set the vars that differ."""
    for name, value in values.items():
        if state.get_value(name) != value:  # without a proxy for each thing in it
            setattr(state, name, value)
