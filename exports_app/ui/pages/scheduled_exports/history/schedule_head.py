"""The head of the history: the schedule's name, when it runs next, its actions and settings."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, icon_button, switch
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.schedule_facts import Fact
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.dialogs import Opens
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion

CLOSE = "close-history"


def head(form: Opens, yaml: Opens) -> rx.Component:
    """form, yaml: open the schedule's form and its YAML."""
    here = (HistoryState.name != "") & (HistoryState.gone == "")
    return rx.el.div(
        rx.el.div(
            rx.dialog.title(
                rx.cond(HistoryState.name != "", rx.el.bdi(HistoryState.name), "History")
            ),
            rx.cond(here, _when()),
            class_name="grow",
        ),
        rx.cond(here & ScheduleState.writes, _actions(form)),
        rx.cond(
            here,
            icon_button("file-code", "Copy as YAML", on_click=yaml(HistoryState.schedule_id)),
        ),
        icon_button("x", "Close the history", on_click=HistoryState.close, id=CLOSE),
        browser.focus(target=CLOSE),  # and not the first control, which would pause the schedule
        class_name="dialog-head of-history",
    )


def _when() -> rx.Component:
    following = rx.cond(
        ScheduleState.next_at != "",
        browser.when(at=ScheduleState.next_at, zone=ScheduleState.zone, prefix=" · next run "),
        rx.cond(ScheduleState.active, " · no next run", " · paused"),
    )
    return rx.el.p(HistoryState.heading, following, class_name="muted")


def _actions(form: Opens) -> rx.Component:
    active: Any = ScheduleState.active
    return rx.el.div(
        rx.el.label(
            switch(
                f"{HistoryState.name} is active",
                checked=active,
                on_change=lambda on: ScheduleActions.toggle(HistoryState.schedule_id, on),
            ),
            rx.el.span(rx.cond(active, "Active", "Paused")),
            class_name="row",
        ),
        button("Edit", kind="small", icon="pencil", on_click=form(HistoryState.schedule_id)),
        button(
            "Run now",
            kind="small",
            icon="play",
            once=True,
            on_click=SendQuestion.ask_run(HistoryState.schedule_id),
        ),
        class_name="row wrap",
    )


def settings() -> rx.Component:
    return rx.el.div(
        browser.fold(
            rx.el.dl(rx.foreach(ScheduleState.facts, _fact), class_name="facts"),
            id="settings",
            unfold="",
            title="Settings",
            hint="Data, schedule, recipients and delivery",
        ),
        class_name="aside",
    )


def _fact(fact: Fact) -> rx.Component:
    code = rx.el.code(fact.code, class_name="muted")
    return rx.el.div(
        rx.el.dt(fact.label),
        rx.el.dd(rx.el.bdi(fact.value), rx.cond(fact.code != "", rx.fragment(" ", code))),
    )
