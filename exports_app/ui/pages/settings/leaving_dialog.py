"""The question before a membership ends: who is to own the scheduled exports."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain.humanize import counted
from exports_app.services.tenants.members import Leaving, Removing
from exports_app.ui.components.question import question


@dataclass
class Successor:
    """Who may own what is left."""

    id: str
    name: str


def successors_of(leaving: Leaving | Removing) -> list[Successor]:
    return [Successor(user.id, user.name) for user in leaving.successors]


def owned(leaving: Leaving | Removing) -> str:
    """How many exports need a new owner, in words; empty for none."""
    return counted(leaving.member.schedules, "scheduled export") if leaving.member.schedules else ""


def leaving_dialog(
    state: Any,
    *,
    title: Any,
    consequence: str,
    heading: Any,
    keep_words: str,
    part: Any,
    part_words: str,
    more: rx.Component | None = None,
) -> rx.Component:
    """state: a State with asking (empty: nothing is asked), ask_owns (see `owned`), ask_refusal,
    successors, successor, and the handlers choose and keep. heading: of the choice of a
    successor. part: what ends the membership. more: what else is asked."""
    questions = rx.fragment(
        rx.cond(state.ask_owns != "", _successor_field(state, heading)), more or rx.fragment()
    )
    lacks_successor = (state.ask_owns != "") & (state.successor == "")
    return question(
        rx.cond(state.ask_refusal != "", _refusal(state), questions),
        is_open=state.asking != "",
        title=title,
        text=consequence,
        confirm=part_words,
        on_confirm=part,
        disabled=(state.ask_refusal != "") | lacks_successor,
        cancel=keep_words,
        on_cancel=state.keep,
    )


def _successor_field(state: Any, heading: Any) -> rx.Component:
    choice = rx.el.select(
        rx.el.option("Choose a member", value=""),
        rx.foreach(
            state.successors,
            lambda successor: rx.el.option(successor.name, value=successor.id),
        ),
        id="new-owner",
        value=state.successor,
        on_change=state.choose,
        class_name="control",
    )
    return rx.el.div(rx.el.label(heading, html_for="new-owner"), choice, class_name="field")


def _refusal(state: Any) -> rx.Component:
    return rx.el.p(
        f"{state.ask_refusal}.", class_name="box warn", role="status", id="leaving-refusal"
    )
