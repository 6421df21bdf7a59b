"""The part of the form that most people never open: what a schedule does on bad days."""

from collections.abc import Mapping

import reflex as rx

from exports_app.domain.runs.policies import CatchUp
from exports_app.ui.components import browser
from exports_app.ui.pages.scheduled_exports.editor import policies
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import chosen, text, value
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState


def advanced() -> rx.Component:
    return browser.fold(
        rx.el.div(
            _choice("overlap", "If the previous run is still going", policies.OVERLAP),
            _choice("on_unknown", "If it is not sure that an email arrived", policies.ON_UNKNOWN),
            class_name="pair",
        ),
        rx.el.div(
            _choice("catch_up", "After a downtime, run", policies.CATCH_UP),
            rx.cond(
                value("catch_up") == CatchUp.ALL.value,
                _number(
                    "catch_up_hours",
                    "How far back, in hours",
                    "Older ones are left out. A week has 168",
                ),
            ),
            class_name="pair",
        ),
        rx.el.div(
            _number("retry_attempts", "Attempts at a run, in all", _usual("retry_attempts")),
            rx.cond(
                value("retry_attempts") != policies.ONCE,
                _number(
                    "retry_base_seconds",
                    "First wait, at most, in seconds",
                    _usual("retry_base_seconds", "; then times 4"),
                ),
            ),
            class_name="pair",
        ),
        rx.el.div(
            _number(
                "pause_after",
                "Pause after failed runs in a row",
                "0: never. The owner and the admins get an email",
            ),
            _number(
                "jitter_seconds",
                "Delay the start by up to, in seconds",
                "By a fixed part of it, so that not all start at once",
            ),
            class_name="pair",
        ),
        id="advanced",
        unfold=DraftState.unfold,
        title="Advanced",
        hint="Overlaps, downtime, retries, pausing",
    )


def _choice(name: str, label: str, choices: Mapping[str, tuple[str, str]]) -> rx.Component:
    """With what comes of the chosen one as its hint."""
    hint = rx.match(value(name), *[(str(key), then) for key, (_, then) in choices.items()], "")
    return chosen(name, label, [(str(key), words) for key, (words, _) in choices.items()], hint)


def _number(name: str, label: str, hint: str | rx.Var[str]) -> rx.Component:
    return text(name, label, hint, input_mode="numeric")


def _usual(name: str, more: str = "") -> rx.Var[str]:
    return (
        rx.Var.create("Empty: as this server is set (")
        + DraftState.usual.get(name, "").to(str)
        + f"){more}"
    )
