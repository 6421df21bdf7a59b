"""The page of the import."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.campaigns.uploads import LIMIT, MIB, TOO_LARGE
from exports_app.ui.components import browser
from exports_app.ui.components.controls import wrong_box
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.data.busy_view import busy
from exports_app.ui.pages.settings.data.columns_view import columns
from exports_app.ui.pages.settings.data.report_view import actions, report
from exports_app.ui.pages.settings.data.rows import PreviewLine
from exports_app.ui.pages.settings.data.state import READING, DataState
from exports_app.ui.pages.settings.tabs import DATA, top

ENDINGS = ".csv,.tsv,.txt,.xlsx"
"""Of files that are offered to choose from; others can be chosen too."""


@page(
    DATA,
    title="Data",
    needs=Permission.CAMPAIGNS,
    load=DataState.arrive,
    refresh=DataState.refresh,
)
def data() -> rx.Component:
    intro = rx.fragment("The campaigns and daily figures that ", _tenant(), " exports")
    opened = rx.fragment(
        rx.cond(DataState.failed != "", _failed()),
        rx.cond(DataState.fields.length() > 0, rx.cond(DataState.done, report(), _steps())),
    )
    return rx.el.div(
        top(DATA, intro),
        _choose(),
        rx.cond(DataState.file != "", opened),
        class_name="page settings",
    )


def _tenant() -> rx.Component:
    return rx.el.b(SessionState.tenant_name)


def _choose() -> rx.Component:
    field = browser.file_field(
        id="file",
        label="File",
        hint=f"CSV or Excel, up to {LIMIT // MIB} MB. You can also drop it here.",
        accept=ENDINGS,
        address=DataState.address,
        most=LIMIT,
        too_large=f"{TOO_LARGE}.",
        disabled=DataState.importing,
        on_choose=DataState.choose,
        on_refuse=DataState.refused,
        on_sent=DataState.arrived,
    )
    stored = rx.cond(
        DataState.stored != "",
        rx.el.p(_tenant(), " has ", DataState.stored, " now.", class_name="muted", id="stored"),
    )
    return rx.el.section(
        rx.el.h2("Import campaign data"),
        stored,
        field,
        busy("reading", DataState.busy == READING),
        class_name="card settings-card",
    )


def _failed() -> rx.Component:
    return rx.el.section(
        rx.el.h2(rx.el.bdi(DataState.file)),
        wrong_box(DataState.failed),
        class_name="card settings-card",
        id="failed",
    )


def _steps() -> rx.Component:
    return rx.fragment(_understood(), actions())


def _understood() -> rx.Component:
    """How the file is read, and its first rows."""
    read_as = rx.el.p("Read as ", rx.el.b(DataState.read_as), ".", id="read-as")
    return rx.el.section(
        rx.el.h2(rx.el.bdi(DataState.file)),
        read_as,
        rx.cond(DataState.note != "", rx.el.p(DataState.note, id="read-as-note")),
        rx.cond(DataState.sheets.length() > 1, _sheet()),
        columns(),
        rx.cond(
            DataState.lines.length() > 0, _first_rows(), rx.cond(DataState.rowless, _no_rows())
        ),
        class_name="card settings-card",
    )


def _sheet() -> rx.Component:
    chosen = rx.el.select(
        rx.el.option("First sheet with rows", value=""),
        rx.foreach(DataState.sheets, lambda name: rx.el.option(name, value=name)),
        id="sheet",
        value=DataState.sheet,
        on_change=DataState.choose_sheet,
        class_name="control",
        disabled=DataState.busy != "",
    )
    return rx.el.div(rx.el.label("Sheet", html_for="sheet"), chosen, class_name="field sheet")


def _first_rows() -> rx.Component:
    head = rx.el.tr(
        rx.el.th("Line", scope="col", class_name="right"),
        rx.foreach(DataState.heads, lambda label: rx.el.th(label, scope="col")),
    )
    table = rx.el.table(
        rx.el.thead(head), rx.el.tbody(rx.foreach(DataState.lines, _line)), id="first-rows"
    )
    return rx.fragment(
        rx.el.h3("Preview of the first rows"),
        rx.el.div(
            table,
            class_name="card sample",
            role="region",
            tab_index=0,
            custom_attrs={"aria-label": "The first rows"},
        ),
    )


def _no_rows() -> rx.Component:
    return rx.el.p("There are no rows below the headers.", class_name="muted", id="no-rows")


def _line(line: PreviewLine) -> rx.Component:
    wrong = rx.el.td(
        rx.el.span(line.problem, class_name="error-text"),
        col_span=DataState.heads.length(),
        class_name="whole",
    )
    cells = rx.foreach(line.cells, lambda text: rx.el.td(rx.el.bdi(text), title=text))
    return rx.el.tr(
        rx.el.th(line.line, scope="row", class_name="right"),
        rx.cond(line.problem != "", wrong, cells),
        key=line.line.to_string(),
    )
