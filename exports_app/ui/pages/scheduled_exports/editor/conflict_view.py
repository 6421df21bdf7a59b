"""What someone else saved while the form was open: shown inside the form, above its fields."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.pages.scheduled_exports.editor.conflict import (
    MINE,
    THEIRS,
    ConflictState,
    Difference,
)
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState


def conflict_panel() -> rx.Component:
    return rx.cond(
        ConflictState.differences.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.p(
                    rx.el.b(
                        rx.el.bdi(ConflictState.who),
                        " changed this scheduled export while you were editing.",
                    )
                ),
                _what_to_do(),
                role="alert",
            ),
            rx.foreach(ConflictState.differences, _row),
            rx.el.div(
                button("Keep all mine", kind="small", on_click=ConflictState.choose_all(MINE)),
                button("Take all theirs", kind="small", on_click=ConflictState.choose_all(THEIRS)),
                class_name="row wrap",
            ),
            class_name="box warn conflict",
            id="conflict",
            custom_attrs={"aria-label": "Changes by someone else", "tabIndex": -1},
        ),
    )


def _what_to_do() -> rx.Component:
    return rx.el.p(
        rx.cond(
            DraftState.unsettled,
            "Where you both changed a field, choose which version to keep. Then save.",
            "Check the fields below, then save.",
        )
    )


def _row(one: Difference) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(
            rx.el.b(one.label),
            rx.cond(one.who != "", rx.el.span(" · ", rx.el.bdi(one.who))),
            rx.cond(one.at != "", rx.el.span(" · ", browser.when(at=one.at))),
        ),
        _choice(one, THEIRS, "Take theirs: ", one.theirs),
        _choice(one, MINE, "Keep mine: ", one.mine),
        key=one.name,
    )


def _choice(one: Difference, choice: str, label: str, words: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="conflict-" + one.name,
            value=choice,
            checked=one.choice == choice,
            on_change=lambda _: ConflictState.choose(one.name, choice),
        ),
        rx.el.span(label, rx.el.bdi(words)),
    )
