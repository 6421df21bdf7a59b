"""Parts of a page that the browser loads when they are wanted."""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec


class Part(rx.Component):
    """Its children, in a script of their own: `compiling.Parts` makes it, and sets `load`.

    The script is loaded, and the children are shown, when `wanted` is true first. It is loaded
    before that when the pointer or the focus comes to an element that the CSS selector `near`
    matches, so in most cases it is there before the click is answered. on_failed: it could not be
    loaded, and the browser has said so.
    """

    library = "$/public/ui.js"
    tag = "Part"
    name: str
    """Unlike that of every other part, in lower case with underscores: `editor_part`."""
    load: rx.Var[Any]
    wanted: rx.Var[bool]
    near: rx.Var[str]
    on_failed: rx.EventHandler[no_args_event_spec]
