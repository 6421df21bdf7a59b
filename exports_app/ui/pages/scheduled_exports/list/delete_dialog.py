"""The question before something is deleted."""

import reflex as rx

from exports_app.ui.components.question import question
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions


def delete_dialog() -> rx.Component:
    return question(
        is_open=ScheduleActions.asking.length() > 0,
        title=ScheduleActions.ask_title,
        text=ScheduleActions.ask_text,
        confirm="Delete",
        icon="trash-2",
        on_confirm=ScheduleActions.delete,
        on_cancel=ScheduleActions.dismiss,
    )
