"""The preview beside the form, and of the email in its place."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import icon_button
from exports_app.ui.components.question import panel
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    DataPanel,
    EmailPanel,
    Head,
    NextRun,
    SchedulePanel,
)

TITLE, BACK = "email-title", "close-email"


def side() -> rx.Component:
    return rx.el.aside(
        rx.el.div(_schedule(), _data(), class_name="stick"),
        class_name="side",
        custom_attrs={"aria-label": "Preview"},
    )


def _schedule() -> rx.Component:
    wrong = rx.el.div(
        rx.el.p(rx.el.b(SchedulePanel.problem)),
        class_name="box bad",
        id="schedule-problem",
        margin_top="8px",
    )
    return rx.el.section(
        rx.el.h2("Schedule", class_name="section"),
        rx.el.div(
            rx.cond(SchedulePanel.problem != "", wrong, _next_runs()),
            custom_attrs={"aria-live": "polite"},
        ),
    )


def _next_runs() -> rx.Component:
    return rx.fragment(
        rx.el.p(SchedulePanel.words, class_name="big", id="schedule-words"),
        rx.el.div(
            "Times in ",
            SchedulePanel.place,
            "; your local time in brackets (",
            browser.local_zone(),
            ")",
            class_name="hint",
        ),
        rx.el.div(rx.foreach(SchedulePanel.runs, _next_run), margin_top="8px", id="next-runs"),
        rx.cond(
            SchedulePanel.note != "",
            rx.el.p(SchedulePanel.note, class_name="hint", id="clock-note"),
        ),
    )


def _next_run(run: NextRun) -> rx.Component:
    return rx.el.div(
        rx.el.span(run.text),
        rx.el.span(
            browser.when(at=run.at),
            " (",
            browser.local(at=run.at),
            ")",
            class_name="muted",
            text_align="right",
        ),
        class_name="fact",
    )


def _data() -> rx.Component:
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
                _sample(),
                rx.cond(DataPanel.busy, rx.el.span(class_name="skeleton", height="150px")),
            ),
            margin_top="8px",
            custom_attrs={
                "aria-busy": rx.cond(DataPanel.busy, "true", "false"),
                "aria-live": "polite",
            },
        ),
    )


def _sample() -> rx.Component:
    window = rx.el.p("If run now: ", DataPanel.window, DataPanel.shown, class_name="hint")
    empty = rx.el.p(
        "If run now: ",
        DataPanel.window,
        ". No data for these dates.",
        class_name="hint",
    )
    return rx.cond(
        DataPanel.rows.length() > 0,
        rx.fragment(_sample_table(), window),
        rx.cond(DataPanel.is_empty, empty),
    )


def _sample_table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.foreach(DataPanel.heads, _column_head))),
            rx.el.tbody(rx.foreach(DataPanel.rows, lambda row: rx.el.tr(rx.foreach(row, _cell)))),
        ),
        class_name="card sample",
        role="region",
        tab_index=0,
        custom_attrs={"aria-label": "First rows of the file"},
    )


def _column_head(head: Head) -> rx.Component:
    return rx.el.th(head.label, scope="col", class_name=rx.cond(head.right, "right", ""))


def _cell(text: rx.Var[str], index: rx.Var[int]) -> rx.Component:
    is_right = DataPanel.heads[index].right
    return rx.el.td(rx.el.bdi(text), class_name=rx.cond(is_right, "right", ""), title=text)


def email_preview() -> rx.Component:
    """In the place of the form's fields."""
    shown = panel(
        browser.focus(target=BACK),
        _email_head(),
        rx.el.div(
            rx.cond(
                EmailPanel.kind == "html",
                _email_as_html(),
                rx.el.pre(EmailPanel.text, class_name="mail-text", tab_index=0),
            ),
            class_name="dialog-body email-preview",
        ),
        role="group",
        custom_attrs={"aria-labelledby": TITLE},
    )
    return rx.cond(EmailPanel.is_open, shown)


def _email_head() -> rx.Component:
    subject = rx.el.p(
        "Subject: ", rx.el.b(EmailPanel.subject, id="email-subject"), class_name="muted"
    )
    return rx.el.div(
        icon_button("arrow-left", "Back to the form", on_click=EmailPanel.close, id=BACK),
        rx.el.div(rx.el.h1("Email preview", id=TITLE), subject, class_name="grow"),
        _email_tab("html", "HTML"),
        _email_tab("text", "Text"),
        class_name="dialog-head",
    )


def _email_tab(kind: str, label: str) -> rx.Component:
    on = EmailPanel.kind == kind
    return rx.el.button(
        label,
        type="button",
        class_name=rx.cond(on, "btn small", "btn small ghost"),
        on_click=EmailPanel.choose(kind),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
    )


def _email_as_html() -> rx.Component:
    """In a sandboxed frame: the email's styles stay inside, and scripts do not run."""
    return rx.el.iframe(src_doc=EmailPanel.html, sandbox="", title="HTML email", class_name="mail")
