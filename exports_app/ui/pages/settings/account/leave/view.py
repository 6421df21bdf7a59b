"""The card of the user's tenants, on the page of the account."""

import reflex as rx

from exports_app.ui.components.controls import button
from exports_app.ui.pages.settings.account.leave.rows import BelongingRow
from exports_app.ui.pages.settings.account.leave.state import LeaveState
from exports_app.ui.pages.settings.leaving_dialog import leaving_dialog


def belonging() -> rx.Component:
    tenants = rx.el.ul(
        rx.foreach(LeaveState.rows, _tenant), class_name="plain-list", id="belonging"
    )
    card = rx.el.section(rx.el.h2("Your tenants"), tenants, class_name="card settings-card")
    return rx.fragment(rx.cond(LeaveState.rows.length() > 0, card), _question())


def _tenant(tenant: BelongingRow) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(tenant.name), rx.el.div(tenant.role, class_name="muted"), class_name="grow"
    )
    leave = button(
        "Leave",
        kind="small",
        on_click=LeaveState.ask(tenant.id),
        custom_attrs={"aria-label": f"Leave {tenant.name}"},
    )
    return rx.el.li(facts, leave, class_name="entry", key=tenant.id)


def _question() -> rx.Component:
    state = LeaveState
    return leaving_dialog(
        state,
        title=f"Leave {state.ask_name}?",
        consequence="You lose access to this tenant. Only its admins can invite you again.",
        heading=f"Who should own your {state.ask_owns}?",
        keep_words="Cancel",
        part=state.leave,
        part_words="Leave",
    )
