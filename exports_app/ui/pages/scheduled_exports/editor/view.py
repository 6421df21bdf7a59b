"""The dialog with the form: its sections, its buttons, and beside them the preview."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, switch
from exports_app.ui.components.question import holding, question
from exports_app.ui.pages.scheduled_exports.editor.conflict_view import conflict_panel
from exports_app.ui.pages.scheduled_exports.editor.data_view import data_section
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.folded_view import folded, for_programs
from exports_app.ui.pages.scheduled_exports.editor.preview import EmailPanel
from exports_app.ui.pages.scheduled_exports.editor.preview_view import email_preview, side
from exports_app.ui.pages.scheduled_exports.editor.recipients_view import recipients_section
from exports_app.ui.pages.scheduled_exports.editor.schedule_view import schedule_section
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState


def editor_dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            _head(),
            _body(),
            _foot(),
            browser.focus(target=DraftState.focus),
            email_preview(),
            _ask_close(),
            class_name=holding("wide", EditorState.asking, EmailPanel.is_open),
            custom_attrs={"aria-describedby": ""},
        ),
        open=DraftState.is_open,
        on_open_change=EditorState.set_open,
    )


def _head() -> rx.Component:
    title = rx.cond(DraftState.schedule_id != "", "Edit scheduled export", "New scheduled export")
    return rx.el.div(
        rx.dialog.title(title, class_name="grow"),
        icon_button("x", "Close the form", on_click=EditorState.set_open(False)),
        class_name="dialog-head",
    )


def _body() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                _paused(),
                conflict_panel(),
                *data_section(),
                *schedule_section(),
                *recipients_section(),
                *folded(),
                for_programs(),
                class_name="form",
            ),
            side(),
            class_name="two",
        ),
        class_name="dialog-body",
        id="form",
        custom_attrs={"tabIndex": -1},
    )


def _paused() -> rx.Component:
    return rx.cond(
        (DraftState.paused != "") & ~DraftState.is_active,
        rx.el.div(
            rx.el.p(rx.el.b("Paused automatically.")),
            rx.el.p(DraftState.paused),
            rx.el.p(
                "Fix the cause, then switch it to Active below and save. It then runs on your "
                "behalf."
            ),
            class_name="box warn",
            id="paused-reason",
        ),
    )


def _foot() -> rx.Component:
    saved = DraftState.schedule_id != ""
    return rx.el.div(
        rx.el.label(
            switch("Active", checked=DraftState.is_active, on_change=Fields.activate),
            rx.el.span(rx.cond(DraftState.is_active, "Active", "Paused")),
            class_name="row",
        ),
        rx.el.span(class_name="grow"),
        button("Preview email", kind="ghost", on_click=EmailPanel.show),
        button(
            rx.cond(DraftState.dirty | ~saved, "Save and send me a test", "Send me a test"),
            once=True,
            on_click=EditorState.test,
            id="send-test",
        ),
        button(
            rx.cond(saved, "Save", "Create"),
            kind="primary",
            once=True,
            on_click=EditorState.save,
            id="save",
            title="Ctrl+Enter",
        ),
        class_name="dialog-foot",
    )


def _ask_close() -> rx.Component:
    return question(
        is_open=EditorState.asking,
        inside=True,
        title="Discard your changes?",
        text="You have unsaved changes. They will be lost.",
        confirm="Discard changes",
        on_confirm=EditorState.drop_changes,
        cancel="Keep editing",
        on_cancel=EditorState.stay,
    )
