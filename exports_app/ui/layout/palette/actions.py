"""What the palette does with a scheduled export that it found. The pages that can do it say how."""

from collections.abc import Awaitable, Callable
from typing import Any

from reflex.state import BaseState

Does = Callable[[BaseState, str], Awaitable[Any]]
"""Of a State of the tab and the schedule's id. Returns an event that follows, or None."""
ACTIONS: dict[str, Does] = {}


def palette_action(key: str) -> Callable[[Does], Does]:
    """Decorates what does the command with this key: see `view.of_schedule`."""

    def register(does: Does) -> Does:
        ACTIONS[key] = does
        return does

    return register
