"""Checking and importing, and the report of both."""

from typing import Any

import reflex as rx

from exports_app.ui.components.controls import button
from exports_app.ui.pages.settings.data.busy_view import busy
from exports_app.ui.pages.settings.data.rows import UPDATES, DifferenceRow, Problem
from exports_app.ui.pages.settings.data.state import READING, DataState


def actions() -> rx.Component:
    """The last choice, the buttons, and the report of the check."""
    tick = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=DataState.updates,
        on_change=DataState.choose_updates,
        disabled=DataState.busy != "",
        id="updates",
    )
    hint = "Channel, status, budget and dates. Otherwise they are only listed in the report."
    words = rx.el.span(UPDATES, rx.el.span(hint, class_name="muted"))
    waits = (DataState.busy != "") | ~DataState.complete
    return rx.el.section(
        rx.el.h2("Import"),
        rx.el.label(tick, words, html_for="updates", class_name="ticked"),
        rx.el.div(
            button(
                "Check the file", once=True, on_click=DataState.check, disabled=waits, id="check"
            ),
            button(
                "Import",
                kind="primary",
                once=True,
                on_click=DataState.load,
                disabled=waits | ~DataState.checked,
                id="import",
            ),
            class_name="row spaced",
        ),
        busy("working", (DataState.busy != "") & (DataState.busy != READING)),
        rx.cond(
            DataState.report.title != "", _report(), rx.cond(DataState.busy == "", _no_report())
        ),
        class_name="card settings-card",
    )


def _no_report() -> rx.Component:
    return rx.el.p(
        "Checking changes nothing. It shows what the import would do.", class_name="muted"
    )


def report() -> rx.Component:
    """Of the import that was done."""
    return rx.el.section(
        rx.el.h2(rx.el.bdi(DataState.file)), _report(), class_name="card settings-card"
    )


def _report() -> rx.Component:
    shown: Any = DataState.report
    verdict = rx.el.div(
        rx.el.p(rx.el.b(shown.title)),
        rx.cond(
            shown.facts.length() > 0,
            rx.el.ul(rx.foreach(shown.facts, rx.el.li), class_name="changes"),
        ),
        class_name=rx.cond(shown.good, "box info", "box bad"),
        role="status",
        id="verdict",
    )
    return rx.el.div(
        verdict,
        rx.cond(shown.problems.length() > 0, _problems()),
        rx.cond(shown.differences.length() > 0, _differences()),
        rx.el.div(
            button(
                "Download the report",
                icon="download",
                once=True,
                on_click=DataState.save_report,
                id="save-report",
            ),
            class_name="row spaced",
        ),
        id="report",
    )


def _problems() -> rx.Component:
    shown: Any = DataState.report
    return rx.fragment(
        rx.el.ul(rx.foreach(shown.problems, _problem), class_name="plain-list", id="problems"),
        rx.cond(shown.more_problems != "", rx.el.p(shown.more_problems, class_name="muted")),
    )


def _problem(problem: Problem) -> rx.Component:
    return rx.el.li(
        rx.el.b(problem.line), rx.el.span(rx.el.bdi(problem.reason)), class_name="bad-line"
    )


def _differences() -> rx.Component:
    shown: Any = DataState.report
    titles = ("Campaign", "Detail", "Stored", "In the file", "Result")
    head = rx.el.tr(
        rx.el.th("Line", scope="col", class_name="right"),
        *[rx.el.th(title, scope="col") for title in titles],
    )
    return rx.fragment(
        rx.el.h3(shown.differs),
        rx.el.div(
            rx.el.table(
                rx.el.thead(head),
                rx.el.tbody(rx.foreach(shown.differences, _difference)),
                id="differences",
            ),
            class_name="card sample",
            role="region",
            tab_index=0,
            custom_attrs={"aria-label": "Details that differ"},
        ),
        rx.cond(shown.more_differences != "", rx.el.p(shown.more_differences, class_name="muted")),
    )


def _difference(row: DifferenceRow) -> rx.Component:
    texts = (row.campaign, row.detail, row.stored, row.given)
    return rx.el.tr(
        rx.el.th(row.line, scope="row", class_name="right"),
        *[rx.el.td(rx.el.bdi(text), title=text) for text in texts],
        rx.el.td(row.outcome, class_name="muted"),
    )
