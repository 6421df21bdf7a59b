"""Around the runs in the history: why the schedule is paused, the backfill, and the
notifications."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, described, field, status, switch
from exports_app.ui.pages.scheduled_exports.history.attempts import NotificationItem
from exports_app.ui.pages.scheduled_exports.history.backfill import BackfillState
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.paused_reason import paused_box


def paused() -> rx.Component:
    when = browser.when(at=ScheduleState.paused_at)
    box = paused_box(
        HistoryState.schedule_id,
        HistoryState.name,
        ScheduleState.paused,
        when,
        "Close the history",
        ScheduleState.writes,
    )
    return rx.cond(ScheduleState.paused != "", rx.el.div(box, class_name="aside note"))


def backfill() -> rx.Component:
    wrong = BackfillState.errors
    return rx.el.div(
        browser.fold(
            rx.el.div(
                _day(
                    "backfill_start",
                    "From",
                    BackfillState.start,
                    BackfillState.set_start,
                    wrong.get("start", ""),
                ),
                _day(
                    "backfill_end",
                    "To",
                    BackfillState.end,
                    BackfillState.set_end,
                    wrong.get("end", ""),
                ),
                class_name="pair",
            ),
            rx.cond(BackfillState.removed != "", _removed()),
            rx.el.div(
                rx.el.span(BackfillState.message, class_name="muted grow", role="status"),
                button(
                    "Run backfill",
                    kind="small",
                    icon="history",
                    once=True,
                    on_click=BackfillState.ask,
                    disabled=((BackfillState.message != "") | (BackfillState.removed != ""))
                    & (BackfillState.count == 0),
                ),
                class_name="row wrap",
            ),
            id="backfill",
            unfold="",
            title="Backfill",
            hint="Run missed, skipped or earlier dates",
        ),
        class_name="aside",
    )


def _removed() -> rx.Component:
    words = f"Include {BackfillState.removed} that may already have run"
    control = switch(
        words,
        checked=BackfillState.include_removed,
        on_change=BackfillState.set_include_removed,
        id="include-removed",
    )
    return rx.el.div(
        rx.el.label(control, rx.el.span(words), class_name="row"),
        rx.el.p(
            "Those runs were removed from the history. Their files may have been sent",
            class_name="muted",
        ),
        margin_block="8px",
    )


def _day(
    name: str, label: str, value: rx.Var[str], on_change: object, error: rx.Var[str]
) -> rx.Component:
    wrong = error.to(str)
    control = rx.el.input(
        type="date",
        id=name,
        name=name,
        value=value,
        on_change=on_change,
        class_name="control",
        **described(name, wrong),
    )
    return field(label, control, name=name, error=wrong, hint="In the schedule's time zone")


def notices() -> rx.Component:
    return rx.cond(
        HistoryState.notices.length() > 0,
        rx.el.div(
            browser.fold(
                rx.el.div(rx.foreach(HistoryState.notices, _notice)),
                id="notices",
                unfold="",
                title="Notifications",
                hint="Emails to the owner and the admins about this scheduled export",
            ),
            class_name="aside",
        ),
    )


def _notice(notice: NotificationItem) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(notice.what),
            rx.el.div(
                notice.target,
                rx.cond(notice.error != "", f" · {notice.error}", ""),
                class_name="muted",
            ),
            class_name="grow",
        ),
        rx.el.span(browser.when(at=notice.at), class_name="muted num"),
        status(notice.look, notice.word),
        class_name="entry",
    )
