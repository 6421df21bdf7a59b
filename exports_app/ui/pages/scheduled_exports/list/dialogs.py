"""What the list opens over itself. The page gives it, so that the list knows neither the form nor
the history, which both know the list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

Opens = Callable[[Any], Any]
"""Of a schedule's id: the event that opens the dialog."""


@dataclass(frozen=True)
class Dialogs:
    form: Opens
    """Of a new schedule where the id is empty."""
    copy: Opens
    history: Opens
    yaml: Opens
    run: Opens
    """The question before it runs."""
    run_selected: Any
    """The event that asks before the selected ones run."""
    templates: Callable[[], list[rx.Component]]
    """Cards that begin a new schedule with ready values."""
