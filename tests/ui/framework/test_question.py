"""The dialog that asks before something is done."""

import re
from pathlib import Path
from typing import Any

import reflex as rx

from exports_app.ui.components import question as asked
from exports_app.ui.components.question import Choice, Option, TypedNumber, question

PAGES = Path(__file__).parents[3] / "exports_app" / "ui"


def dialog(**props: Any) -> str:
    """What React renders of a question, as text."""
    return str(
        question(
            is_open=rx.Var.create(value=True),
            title="Run it?",
            text="5 emails go out.",
            confirm="Run now",
            on_confirm=rx.noop(),
            on_cancel=rx.noop(),
            **props,
        )
    )


def test_the_focus_begins_on_cancel() -> None:
    shown = dialog()
    assert re.search(rf'\bFocus,\{{target:"{asked.CANCEL}"', shown)
    assert f'id:"{asked.CANCEL}"' in shown
    assert "ReturnFocus" in shown


def test_what_does_it_counts_once() -> None:
    shown = dialog()
    confirm = shown[: shown.index(f'id:"{asked.CONFIRM}"')].rsplit('jsx("button"', 1)[-1]
    cancel = shown[: shown.index(f'id:"{asked.CANCEL}"')].rsplit('jsx("button"', 1)[-1]
    assert '"data-once"' in confirm
    assert '"data-once"' not in cancel


def test_a_number_to_type_holds_the_button_until_it_is_right() -> None:
    typed = TypedNumber("Type 96", rx.Var.create("96"), rx.Var.create("9"), lambda _: rx.noop())
    shown = dialog(typed=typed)
    confirm = shown[: shown.index(f'id:"{asked.CONFIRM}"')].rsplit('jsx("button"', 1)[-1]
    assert re.search(r'disabled:.*"9".*"96"', confirm)


def test_options_are_radio_buttons_with_a_group_name() -> None:
    options = rx.Var.create([Option("me", "To me only", "as a test")])
    choice = Choice("Send to", options, rx.Var.create("me"), lambda _: rx.noop())
    shown = dialog(choice=choice)
    assert 'type:"radio"' in shown
    assert "Send to" in shown


def test_inside_a_dialog_it_is_no_second_one() -> None:
    shown = dialog(inside=True)
    assert "AlertDialog" not in shown
    assert 'role:"alertdialog"' in shown
    assert (
        f'["aria-labelledby"]:"{asked.TITLE}"' in shown
        or f'"aria-labelledby":"{asked.TITLE}"' in shown
    )
    assert re.search(rf'\bFocus,\{{target:"{asked.CANCEL}"', shown)
    assert "ReturnFocus" in shown


def test_no_page_builds_a_question_of_its_own() -> None:
    users = [path.name for path in PAGES.rglob("*.py") if "alert_dialog" in path.read_text("utf-8")]
    assert users == ["question.py"]
