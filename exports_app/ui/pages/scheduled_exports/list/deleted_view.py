"""The table of deleted scheduled exports."""

from typing import Any

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, message
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.deleted import DeletedRow, DeletedState


def deleted_table(foot: rx.Component) -> rx.Component:
    """foot: of the list, which turns the pages."""
    table = rx.el.ul(
        rx.foreach(DeletedState.rows, _row),
        class_name="plain-list",
        id="deleted",
        custom_attrs={"aria-label": "Deleted scheduled exports"},
    )
    rows: Any = DeletedState.rows
    none = "Scheduled exports can be restored for 30 days after they were deleted."
    nothing = message("trash-2", "Nothing to restore", none)
    return rx.cond(rows.length() > 0, rx.el.div(table, foot, class_name="card"), nothing)


def _row(row: DeletedRow) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(rx.el.bdi(row.name)),
        rx.el.div(
            browser.when(at=row.at, prefix="Deleted "),
            " by ",
            rx.el.bdi(row.who),
            f" · was {row.was.lower()}",
            browser.when(at=row.until, prefix=" · permanently removed "),
            class_name="muted num",
        ),
        class_name="grow",
    )
    restore = button(
        "Restore",
        kind="small",
        icon="undo-2",
        once=True,
        on_click=ScheduleActions.restore(row.id),
        custom_attrs={"aria-label": f"Restore {row.name}"},
    )
    return rx.el.li(facts, restore, class_name="entry deleted-row", key=row.id)
