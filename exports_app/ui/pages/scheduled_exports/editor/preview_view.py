"""Beside the form: when it would run, what the file would hold, how the email would look."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import icon_button
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    DataPanel,
    Head,
    LetterPanel,
    NextRun,
    SchedulePanel,
)


def side() -> rx.Component:
    return rx.el.aside(
        rx.el.div(_schedule(), _data(), class_name="stick"),
        class_name="side",
        custom_attrs={"aria-label": "What comes of it"},
    )


def _schedule() -> rx.Component:
    def run(one: NextRun) -> rx.Component:
        return rx.el.div(
            rx.el.span(one.text),
            rx.el.span(
                browser.when(at=one.at),
                " (",
                browser.local(at=one.at),
                ")",
                class_name="muted",
                text_align="right",
            ),
            class_name="fact",
        )

    valid = rx.fragment(
        rx.el.p(SchedulePanel.words, class_name="big", id="schedule-words"),
        rx.el.div(
            "Times in ",
            SchedulePanel.place,
            "; yours in brackets (",
            browser.local_zone(),
            ")",
            class_name="hint",
        ),
        rx.el.div(rx.foreach(SchedulePanel.runs, run), margin_top="8px", id="next-runs"),
        rx.cond(
            SchedulePanel.note != "",
            rx.el.p(SchedulePanel.note, class_name="hint", id="clock-note"),
        ),
    )
    wrong = rx.el.div(
        rx.el.p(rx.el.b(SchedulePanel.problem)),
        class_name="box bad",
        id="schedule-problem",
        margin_top="8px",
    )
    return rx.el.section(
        rx.el.h2("Schedule", class_name="section"),
        rx.el.div(
            rx.cond(SchedulePanel.problem != "", wrong, valid), custom_attrs={"aria-live": "polite"}
        ),
    )


def _data() -> rx.Component:
    def head(one: Head) -> rx.Component:
        return rx.el.th(one.label, scope="col", class_name=rx.cond(one.right, "right", ""))

    def cell(text: rx.Var[str], index: rx.Var[int]) -> rx.Component:
        return rx.el.td(
            rx.el.bdi(text),
            class_name=rx.cond(DataPanel.heads[index].right, "right", ""),
            title=text,
        )

    table = rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.foreach(DataPanel.heads, head))),
            rx.el.tbody(rx.foreach(DataPanel.rows, lambda row: rx.el.tr(rx.foreach(row, cell)))),
        ),
        class_name="card sample",
        role="region",
        tab_index=0,
        custom_attrs={"aria-label": "The first rows of the file"},
    )
    shown = rx.cond(
        DataPanel.rows.length() > 0,
        rx.fragment(
            table, rx.el.p("If it ran now: ", DataPanel.window, DataPanel.shown, class_name="hint")
        ),
        rx.cond(
            DataPanel.is_empty,
            rx.el.p(
                "If it ran now: ",
                DataPanel.window,
                ". There is no data in these days.",
                class_name="hint",
            ),
        ),
    )
    return rx.el.section(
        rx.el.h2(
            "Data",
            rx.cond(DataPanel.summary != "", f" · {DataPanel.summary}", ""),
            class_name="section",
            id="data-summary",
        ),
        rx.el.div(
            rx.cond(
                DataPanel.problem != "",
                rx.el.p(DataPanel.problem, class_name="hint", id="data-problem"),
            ),
            rx.cond(
                DataPanel.window != "",
                shown,
                rx.cond(DataPanel.busy, rx.el.span(class_name="skeleton", height="150px")),
            ),
            margin_top="8px",
            custom_attrs={
                "aria-busy": rx.cond(DataPanel.busy, "true", "false"),
                "aria-live": "polite",
            },
        ),
    )


def letter_dialog() -> rx.Component:
    def tab(kind: str, words: str) -> rx.Component:
        on = LetterPanel.kind == kind
        return rx.el.button(
            words,
            type="button",
            class_name=rx.cond(on, "btn small", "btn small ghost"),
            on_click=LetterPanel.choose(kind),
            custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
        )

    # In a frame of its own with nothing allowed: the message's styles stay there, and it could run
    # nothing
    page = rx.el.iframe(
        src_doc=LetterPanel.html, sandbox="", title="The email as HTML", class_name="mail"
    )
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            rx.el.div(
                rx.el.div(
                    rx.dialog.title("Email preview"),
                    rx.el.p(
                        "Subject: ",
                        rx.el.b(LetterPanel.subject, id="letter-subject"),
                        class_name="muted",
                    ),
                    class_name="grow",
                ),
                tab("html", "HTML"),
                tab("text", "Text"),
                icon_button("x", "Close the preview", on_click=LetterPanel.close),
                class_name="dialog-head",
            ),
            rx.el.div(
                rx.cond(
                    LetterPanel.kind == "html",
                    page,
                    rx.el.pre(LetterPanel.text, class_name="mail-text", tab_index=0),
                ),
                class_name="dialog-body letter",
            ),
            class_name="dialog narrow",
            custom_attrs={"aria-describedby": ""},
        ),
        open=LetterPanel.is_open,
        on_open_change=LetterPanel.set_open,
    )
