"""Why a schedule was paused automatically, and how to resume it. In the list and in the history."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions


def paused_box(
    schedule_id: Any, name: Any, reason: Any, when: rx.Component, focus: Any, writes: Any
) -> rx.Component:
    """when: it was paused. focus: the label of what gets the focus once the box goes. writes:
    whether the reader may resume it."""
    why = rx.el.div(rx.el.b("Paused automatically "), when, rx.el.div(reason), class_name="grow")
    resume = button(
        "Resume",
        kind="small",
        icon="play",
        once=True,
        on_click=ScheduleActions.resume(schedule_id),
        custom_attrs={"aria-label": f"Resume {name}"},
    )
    mark = rx.icon("circle-pause", size=16, aria_hidden="true")
    return rx.el.div(
        mark,
        why,
        rx.cond(writes, rx.fragment(resume, browser.pass_focus(to=focus))),
        class_name="box warn row",
    )
