"""The question before a membership ends: who should own the scheduled exports that are left."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button


def parting_question(
    *,
    is_open: Any,
    title: Any,
    consequence: str,
    owned: Any,
    heading: Any,
    heirs: Any,
    heir: Any,
    choose: Any,
    keep: Any,
    keep_words: str,
    part: Any,
    part_words: str,
    more: rx.Component | None = None,
) -> rx.Component:
    """owned: how many exports need a new owner, in words; empty for none. heading: of that choice.
    heirs: rows with id and name. choose, keep, part: what the three controls do.
    more: what else is asked."""
    choice = rx.el.select(
        rx.el.option("Choose a member", value=""),
        rx.foreach(heirs, lambda one: rx.el.option(one.name, value=one.id)),
        id="heir",
        value=heir,
        on_change=choose,
        class_name="control",
    )
    needs = rx.el.div(rx.el.label(heading, html_for="heir"), choice, class_name="field")
    foot = rx.el.div(
        rx.alert_dialog.cancel(button(keep_words, on_click=keep, id="keep-member")),
        button(
            part_words,
            kind="danger",
            once=True,
            on_click=part,
            disabled=(owned != "") & (heir == ""),
            id="confirm-remove",
        ),
        class_name="dialog-foot",
    )
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target="keep-member"),
            rx.alert_dialog.title(title, as_child=False),
            rx.alert_dialog.description(consequence, size="2", color="gray"),
            rx.cond(owned != "", needs),
            more or rx.fragment(),
            foot,
            class_name="dialog slim",
            on_escape_key_down=keep,
        ),
        open=is_open,
    )
