"""The question before something is deleted."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions


def delete_dialog() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target="keep-it"),
            rx.alert_dialog.title(ScheduleActions.ask_title, as_child=False),
            rx.alert_dialog.description(ScheduleActions.ask_text, size="2", color="gray"),
            rx.el.div(
                rx.alert_dialog.cancel(
                    button("Cancel", on_click=ScheduleActions.dismiss, id="keep-it")
                ),
                button(
                    "Delete",
                    kind="danger",
                    icon="trash-2",
                    once=True,
                    on_click=ScheduleActions.delete,
                    id="confirm-delete",
                ),
                class_name="dialog-foot",
            ),
            class_name="dialog slim",
            on_escape_key_down=ScheduleActions.dismiss,
        ),
        open=ScheduleActions.asking.length() > 0,
    )
