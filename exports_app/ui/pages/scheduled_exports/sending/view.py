"""The question before runs are started."""

from typing import Any

import reflex as rx

from exports_app.ui.components.question import Choice, TypedNumber, question
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion


def send_question(is_open: Any = SendQuestion.is_open, *, inside: bool = False) -> rx.Component:
    """inside: see `question`."""
    return question(
        is_open=is_open,
        inside=inside,
        title=SendQuestion.title,
        text=SendQuestion.text,
        choice=Choice("Send to", SendQuestion.options, SendQuestion.to, SendQuestion.choose),
        typed=TypedNumber(
            f"Type the number of {SendQuestion.counted} to confirm: {SendQuestion.expected}",
            SendQuestion.expected,
            SendQuestion.typed,
            SendQuestion.type_number,
        ),
        confirm=SendQuestion.confirm_words,
        danger=False,
        on_confirm=SendQuestion.confirm,
        on_cancel=SendQuestion.cancel,
    )
