"""The question before runs are started."""

import reflex as rx

from exports_app.ui.components.question import Choice, TypedNumber, question
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion


def send_question() -> rx.Component:
    return question(
        is_open=SendQuestion.is_open,
        title=SendQuestion.title,
        text=SendQuestion.text,
        choice=Choice("Send to", SendQuestion.options, SendQuestion.to, SendQuestion.choose),
        typed=TypedNumber(
            f"Type the number of emails to confirm: {SendQuestion.expected}",
            SendQuestion.expected,
            SendQuestion.typed,
            SendQuestion.type_number,
        ),
        confirm=SendQuestion.confirm_words,
        danger=False,
        on_confirm=SendQuestion.confirm,
        on_cancel=SendQuestion.cancel,
    )
