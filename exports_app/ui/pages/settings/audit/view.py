"""The page of the audit."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, chooser, day_chooser, message
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.audit.rows import AREAS, AuditItem
from exports_app.ui.pages.settings.audit.state import INSTALLATION, LONGEST, AuditState
from exports_app.ui.pages.settings.tabs import AUDIT, top


@page(
    AUDIT,
    title="Audit log",
    needs=Permission.MANAGE,
    load=AuditState.arrive,
    refresh=AuditState.refresh,
)
def audit() -> rx.Component:
    state = AuditState
    whose = rx.cond(
        state.view["of"] == INSTALLATION,
        "the installation, outside its tenants",
        SessionState.tenant_name,
    )
    intro = rx.fragment("Who did what in ", rx.el.b(whose), ", and when; entries cannot be changed")
    clear = button("Clear", on_click=state.clear)
    nothing = rx.cond(
        state.narrowed,
        message("history", "No matching activity", "Try other filters.", clear),
        message("history", "No activity yet", "Actions will appear here."),
    )
    listed = rx.el.ol(rx.foreach(state.rows, _entry), class_name="plain-list", id="entries")
    content = rx.cond(
        state.failed != "",
        rx.el.p(state.failed, class_name="box bad", role="alert"),
        rx.cond(state.rows.length() > 0, rx.fragment(listed, _pages()), nothing),
    )
    return rx.el.div(
        top(AUDIT, intro),
        _bar(),
        rx.cond(
            state.loaded,
            rx.el.section(
                content, class_name="card settings-card", custom_attrs={"aria-label": "Entries"}
            ),
        ),
        class_name="page settings",
    )


def _bar() -> rx.Component:
    state = AuditState
    search = rx.el.div(
        rx.icon("search", size=15, aria_hidden="true"),
        browser.text(
            id="search",
            type="search",
            value=state.view["q"],
            on_change=lambda text: state.choose("q", text),
            placeholder="Search by person or subject …",
            max_length=LONGEST,
            class_name="control",
            custom_attrs={"aria-label": "Search entries"},
        ),
        class_name="search",
    )
    installation = rx.cond(
        SessionState.may.contains(str(Permission.OPERATE)),
        _choice("Scope", "of", [("", "This tenant"), (INSTALLATION, "The installation")]),
    )
    return rx.el.div(
        search,
        _choice("Area", "area", [("", "All"), *AREAS.items()]),
        _date("From", "since"),
        _date("To", "until"),
        installation,
        rx.cond(state.narrowed, button("Clear", kind="ghost small", on_click=state.clear)),
        button("Download CSV", icon="download", once=True, on_click=state.save, id="save-csv"),
        class_name="bar audit-bar",
    )


def _choice(label: str, name: str, options: list[tuple[str, str]]) -> rx.Component:
    return chooser(
        label, name, AuditState.view[name], lambda chosen: AuditState.choose(name, chosen), options
    )


def _date(label: str, name: str) -> rx.Component:
    title = f"Time zone: {AuditState.zone}"
    return day_chooser(
        label,
        name,
        AuditState.view[name],
        lambda chosen: AuditState.choose(name, chosen),
        title=title,
    )


def _entry(entry: AuditItem) -> rx.Component:
    what = rx.el.div(
        rx.el.b(rx.el.bdi(entry.who)), " ", entry.what, " ", rx.el.b(rx.el.bdi(entry.subject))
    )
    changes = rx.cond(
        entry.changes.length() > 0,
        rx.el.ul(
            rx.foreach(entry.changes, lambda text: rx.el.li(rx.el.bdi(text))), class_name="changes"
        ),
    )
    origin = rx.cond(
        entry.origin.length() > 0,
        rx.el.details(
            rx.el.summary("Details"),
            rx.el.ul(rx.foreach(entry.origin, rx.el.li), class_name="changes"),
            class_name="muted",
        ),
    )
    when = browser.when(at=entry.at, zone=SessionState.timezone)
    facts = rx.el.div(what, changes, origin, class_name="grow")
    return rx.el.li(
        facts, rx.el.div(when, class_name="muted num"), class_name="entry audit-entry", key=entry.id
    )


def _pages() -> rx.Component:
    state = AuditState
    return rx.el.div(
        rx.el.span(state.counted, class_name="grow", id="entry-count"),
        button("Newer", kind="small", on_click=state.turn(-1), disabled=state.number == 1),
        button("Older", kind="small", on_click=state.turn(1), disabled=state.last),
        class_name="foot",
    )
