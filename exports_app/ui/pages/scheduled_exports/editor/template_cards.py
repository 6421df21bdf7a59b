"""The templates, shown where a tenant has no scheduled export yet."""

import reflex as rx

from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.templates import TEMPLATES


def template_cards() -> list[rx.Component]:
    return [
        rx.el.button(
            rx.el.b(template.title),
            rx.el.span(template.text, class_name="muted"),
            type="button",
            class_name="template",
            on_click=EditorState.begin_from(template.key),
        )
        for template in TEMPLATES
    ]
