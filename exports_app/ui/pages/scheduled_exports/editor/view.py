"""The form as it looks: what, when, to whom; beside it, what comes of it."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.timing.presets import CUSTOM, PRESETS
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, switch
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.advanced_view import advanced
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import chosen, error, text, value
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.form import Chip
from exports_app.ui.pages.scheduled_exports.editor.option_inputs import option_pair
from exports_app.ui.pages.scheduled_exports.editor.pickers_view import campaign_picker, zone_picker
from exports_app.ui.pages.scheduled_exports.editor.preview import LetterPanel, SchedulePanel
from exports_app.ui.pages.scheduled_exports.editor.preview_view import letter_dialog, side
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState


def editor_dialog() -> rx.Component:
    title = rx.cond(DraftState.schedule_id != "", "Edit scheduled export", "New scheduled export")
    head = rx.el.div(
        rx.dialog.title(title, class_name="grow"),
        icon_button("x", "Close the form", on_click=EditorState.set_open(False)),
        class_name="dialog-head",
    )
    body = rx.el.div(
        rx.el.div(
            rx.el.div(
                _paused(), _stale(), *_what(), *_when(), *_to_whom(), advanced(), class_name="form"
            ),
            side(),
            class_name="two",
        ),
        class_name="dialog-body",
        id="form",
        custom_attrs={"tabIndex": -1},
    )
    return rx.fragment(
        rx.dialog.root(
            rx.dialog.content(
                browser.return_focus(),
                head,
                body,
                _foot(),
                browser.focus(target=DraftState.focus),
                class_name="dialog",
                custom_attrs={"aria-describedby": ""},
            ),
            open=DraftState.is_open,
            on_open_change=EditorState.set_open,
        ),
        letter_dialog(),
        _ask_close(),
    )


def _paused() -> rx.Component:
    return rx.cond(
        (DraftState.paused != "") & ~DraftState.is_active,
        rx.el.div(
            rx.el.p(rx.el.b("Paused by itself.")),
            rx.el.p(DraftState.paused),
            rx.el.p(
                "Once that is mended, switch it to Active below and save: it runs in your "
                "name then."
            ),
            class_name="box warn",
            id="paused-reason",
        ),
    )


def _stale() -> rx.Component:
    return rx.cond(
        DraftState.stale,
        rx.el.div(
            rx.el.p(rx.el.b("Somebody else changed this scheduled export meanwhile.")),
            rx.el.p("Reload to see what it is now; your changes in this form are dropped then."),
            rx.el.div(
                button(
                    "Reload",
                    kind="small",
                    icon="rotate-cw",
                    on_click=EditorState.reload,
                    id="reload",
                ),
                class_name="row",
            ),
            class_name="box warn",
            role="alert",
        ),
    )


def _what() -> list[rx.Component]:
    sentence = rx.match(
        value("export_type"), *[(one.key, one.description) for one in EXPORT_TYPES], ""
    )
    dates = rx.cond(
        value("period") == form.DATES,
        rx.el.div(
            text("start_date", "From", "Empty: from the beginning", type="date"),
            text("end_date", "To", "Empty: to the newest day", type="date"),
            class_name="pair",
        ),
    )
    hint = "One row per period and currency"
    groups = rx.match(
        value("export_type"),
        *[
            (key, chosen("group_by", "Grouping", choices, hint))
            for key, choices in form.groupings().items()
        ],
        rx.fragment(),
    )
    return [
        rx.el.h2("What", class_name="section"),
        text("name", "Name", max_length=bounds.NAME, placeholder="Weekly campaign report"),
        text(
            "description",
            "Description (optional)",
            max_length=bounds.DESCRIPTION,
            placeholder="What it is for",
            multiline=True,
        ),
        rx.el.div(
            chosen("export_type", "Export type", form.TYPES, sentence),
            chosen("format", "Format", form.FILE_FORMATS),
            class_name="pair",
        ),
        rx.el.div(
            chosen("period", "Period", form.PERIODS, "Counted from the day it runs"),
            campaign_picker(error("campaigns")),
            class_name="pair",
        ),
        dates,
        groups,
        option_pair("when_empty", "time_limit"),
    ]


def _when() -> list[rx.Component]:
    def preset(key: str, words: str, small: str, expression: str) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="radio",
                name="preset",
                value=key,
                checked=SchedulePanel.preset == key,
                on_change=lambda _: Fields.choose_preset(expression),
            ),
            words,
            rx.el.small(small),
            class_name="preset",
        )

    problem = SchedulePanel.problem
    marks = {
        "aria-invalid": rx.cond((error("schedule") != "") | (problem != ""), "true", "false"),
        "aria-describedby": rx.cond(
            error("schedule") != "",
            "schedule-error",
            rx.cond(problem != "", "schedule-problem schedule-hint", "schedule-hint"),
        ),
    }
    # Where the panel stands beside the form it says what is wrong; where it is far below, the field
    # does too
    rule = "Minute, hour, day, month, weekday"
    told = rx.cond(
        problem != "",
        rx.fragment(rx.el.span(problem, class_name="problem"), rx.el.span(rule, class_name="rule")),
        rx.el.span(rule),
    )
    presets = [preset(one.key, one.label, one.expression, one.expression) for one in PRESETS]
    return [
        rx.el.h2("When", class_name="section"),
        rx.el.fieldset(
            rx.el.legend("Schedule", class_name="sr"),
            *presets,
            preset(CUSTOM, "Custom", "type your own", ""),
            class_name="presets",
        ),
        rx.el.div(
            text(
                "schedule",
                "Cron expression",
                told,
                class_name="control code",
                spell_check=False,
                custom_attrs=marks,
            ),
            zone_picker(error("timezone")),
            class_name="pair",
        ),
    ]


def _to_whom() -> list[rx.Component]:
    def chip(one: Chip) -> rx.Component:
        remove = rx.el.button(
            rx.icon("x", size=12, aria_hidden="true"),
            type="button",
            on_click=Fields.drop_recipient(one.text),
            custom_attrs={"aria-label": f"Remove {one.text}"},
        )
        mend = rx.el.button(
            one.text,
            type="button",
            on_click=Fields.mend_recipient(one.text),
            title="Mend it",
            custom_attrs={"aria-label": f"Mend {one.text}"},
        )
        return rx.el.span(
            rx.cond(one.error != "", mend, rx.el.span(one.text)),
            remove,
            class_name=rx.cond(one.error != "", "chip bad", "chip"),
            key=one.text,
        )

    def wrong(one: Chip) -> rx.Component:
        return rx.cond(
            one.error != "", rx.el.span(one.error, class_name="error-text", role="alert")
        )

    box = rx.el.div(
        rx.foreach(DraftState.chips, chip),
        browser.chip_input(
            id="recipients",
            label="Add recipients",
            describedby="recipients-errors recipients-hint",
            invalid=error("recipients") != "",
            unfinished=DraftState.unfinished,
            mend=DraftState.mend,
            on_add=Fields.add_recipients,
            on_drop=Fields.drop_last,
        ),
        class_name=rx.cond(error("recipients") != "", "chips bad", "chips"),
    )
    return [
        rx.el.h2("To whom", class_name="section"),
        rx.el.div(
            rx.el.label("Recipients", html_for="recipients"),
            box,
            rx.el.div(
                rx.foreach(DraftState.chips, wrong),
                rx.cond(
                    error("recipients") != "",
                    rx.el.span(error("recipients"), class_name="error-text", role="alert"),
                ),
                id="recipients-errors",
                class_name="errors",
            ),
            rx.el.span(
                "Up to 50. Paste a list, or write one address after another.",
                id="recipients-hint",
                class_name="hint",
            ),
            class_name="field",
        ),
        option_pair("delivery", "link_days"),
    ]


def _foot() -> rx.Component:
    saved = DraftState.schedule_id != ""
    return rx.el.div(
        rx.el.label(
            switch("Active", checked=DraftState.is_active, on_change=Fields.activate),
            rx.el.span(rx.cond(DraftState.is_active, "Active", "Paused")),
            class_name="row",
        ),
        rx.el.span(class_name="grow"),
        button("Preview email", kind="ghost", on_click=LetterPanel.show),
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
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target="keep-editing"),
            rx.alert_dialog.title("Drop your changes?"),
            rx.alert_dialog.description(
                "What you changed in this form is not saved.", size="2", color="gray"
            ),
            rx.el.div(
                rx.alert_dialog.cancel(
                    button("Keep editing", on_click=EditorState.stay, id="keep-editing")
                ),
                button(
                    "Drop changes",
                    kind="danger",
                    on_click=EditorState.drop_changes,
                    id="drop-changes",
                ),
                class_name="dialog-foot",
            ),
            class_name="dialog slim",
            on_escape_key_down=EditorState.stay,
        ),
        open=EditorState.asking,
    )
