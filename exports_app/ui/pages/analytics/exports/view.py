"""The page of the exports."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser, charts
from exports_app.ui.components.controls import link
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.analytics.address import EXPORTS
from exports_app.ui.pages.analytics.exports import rows as health
from exports_app.ui.pages.analytics.exports.rows import MEAN, P95, PARTS, ProblemRow
from exports_app.ui.pages.analytics.exports.state import ExportsState
from exports_app.ui.pages.analytics.skeleton import outline, skeleton
from exports_app.ui.pages.analytics.tabs import top
from exports_app.ui.pages.scheduled_exports.address import ROUTE as LIST

RUN_HEADS = ["Day", *(words for words, _ in PARTS.values())]
TIME_HEADS = ["Day", "Runs", MEAN, P95]
HOUR_HEADS = ["From", "Runs", "Scheduled exports"]


@page(
    EXPORTS,
    title="Analytics of exports",
    needs=Permission.READ,
    refresh=ExportsState.refresh,
    loading=outline,
)
def exports() -> rx.Component:
    state = ExportsState
    content = rx.cond(
        state.failed != "",
        rx.el.p(state.failed, class_name="box bad", role="alert"),
        rx.fragment(_now(), _problems(), _runs(), _hours(), _times()),
    )
    intro = rx.fragment(
        "Delivery health of ",
        SessionState.tenant_name,
        rx.cond(state.zone != "", f" · time zone: {state.zone}", ""),
    )
    return rx.el.div(
        top(EXPORTS, intro), rx.cond(state.loaded, content, skeleton()), class_name="page analytics"
    )


def _now() -> rx.Component:
    state = ExportsState
    waits = rx.cond(
        state.oldest != "",
        browser.when(at=state.oldest, prefix="oldest queued "),
        "no runs queued",
    )
    return rx.el.ul(
        _fact("Processing", state.processing, "now"),
        _fact("Queued", state.waiting, waits),
        _fact("Delayed", state.later, "e.g. for a retry"),
        _fact(
            "Average duration",
            rx.cond(state.mean != "", state.mean, health.NONE),
            "of completed and partial runs",
        ),
        _fact(
            "95th percentile duration",
            rx.cond(state.p95 != "", state.p95, health.NONE),
            "including waits between attempts",
        ),
        class_name="cards",
        id="now",
        custom_attrs={"aria-label": "Current runs and durations"},
    )


def _fact(label: str, value: rx.Var[int] | rx.Var[str], note: str | rx.Component) -> rx.Component:
    amount = rx.el.div(rx.el.b(value, class_name="num"), class_name="amount")
    return rx.el.li(
        rx.el.h2(label), amount, rx.el.p(note, class_name="muted"), class_name="card figure-card"
    )


def _runs() -> rx.Component:
    state = ExportsState
    parts = [
        (key, words, f"var(--run-{key.replace('_', '-')})") for key, (words, _) in PARTS.items()
    ]
    heads, rows = rx.Var.create(RUN_HEADS), state.run_rows
    table = charts.table("Runs by day", heads.to(list[str]), rows, state.pick)
    chart = charts.bars(state.runs, parts, on_pick=state.pick)
    all_runs = link("All runs", href=state.all_runs)
    failed = link("Failed runs", href=state.failed_runs)
    words = rx.fragment(state.ended, rx.cond(state.ran, " · select a day to list its runs", ""))
    return charts.figure(
        *("Runs by day", words, chart, table, all_runs, failed), name="runs", filled=state.ran
    )


def _hours() -> rx.Component:
    state = ExportsState
    chart = charts.bars(state.hours, [("runs", "Runs", "var(--series-1)")], legend=False)
    table = charts.table("Next 24 hours", rx.Var.create(HOUR_HEADS).to(list[str]), state.hour_rows)
    return charts.figure(
        "Next 24 hours", state.crowd, chart, table, name="hours", filled=state.comes
    )


def _times() -> rx.Component:
    state = ExportsState
    chart = charts.lines(state.times, state.time_lines, dots=True, unit=" s")
    table = charts.table(
        "Duration by day", rx.Var.create(TIME_HEADS).to(list[str]), state.time_rows
    )
    words = rx.cond(
        state.timed,
        "From the first attempt to the end, for completed and partial runs",
        "No completed or partial runs in the last 30 days",
    )
    return charts.figure("Duration", words, chart, table, name="times", filled=state.timed)


def _problems() -> rx.Component:
    state = ExportsState
    return rx.el.div(
        _list(
            "Failing",
            state.failing,
            state.failing_total,
            "No failing scheduled exports",
            f"{LIST}?active=failing",
        ),
        _list(
            "Paused",
            state.paused,
            state.paused_total,
            "No paused scheduled exports",
            f"{LIST}?active=no",
        ),
        _list(
            "Without a valid owner",
            state.ownerless,
            state.ownerless_total,
            "All scheduled exports have a valid owner",
            f"{LIST}?owner=none",
        ),
        class_name="problems",
    )


def _list(title: str, of: Any, total: Any, none: str, all_of_them: str = "") -> rx.Component:
    """of: the schedules with this problem. none: what is shown where there is none. all_of_them:
    the address of the list that shows all."""

    def entry(problem: ProblemRow) -> rx.Component:
        at = rx.cond(
            problem.at != "",
            rx.fragment(" · ", browser.when(at=problem.at, prefix="since ")),
            rx.fragment(),
        )
        name = link(rx.el.bdi(problem.name), href=f"{LIST}/{problem.id}", class_name="name")
        facts = rx.el.div(
            name, rx.el.div(problem.reason, at, class_name="muted"), class_name="grow"
        )
        return rx.el.li(facts, class_name="entry", key=problem.id)

    heading = rx.el.h2(title, " ", rx.el.span(total, class_name="tag count"), class_name="grow")
    whole = link("Show all", href=all_of_them, class_name="muted") if all_of_them else rx.fragment()
    entries = rx.el.ul(rx.foreach(of, entry), class_name="plain-list")
    return rx.el.section(
        rx.el.div(heading, rx.cond(total > 0, whole), class_name="row"),
        rx.cond(total > 0, entries, rx.el.p(none, class_name="muted")),
        rx.cond(
            total > of.length(), rx.el.p(f"First {of.length()} of {total}", class_name="muted")
        ),
        class_name="card settings-card",
        id=title.lower().replace(" ", "-"),
        custom_attrs={"aria-label": title},
    )
