"""The tenants that one belongs to, and leaving one of them: a part of the account's page."""

from dataclasses import dataclass

import reflex as rx

from exports_app.ui.components.controls import button
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import ROLES, SETTINGS
from exports_app.ui.pages.settings.parting import Heir, heirs_of, owned, parting_question


@dataclass
class BelongingRow:
    """A tenant that one belongs to."""

    id: str
    name: str
    role: str


class LeaveState(rx.State):
    rows: list[BelongingRow] = []  # noqa: RUF012 (Reflex copies defaults)
    asking: str = ""
    """The id of the tenant that shall be left; empty: none."""
    ask_name: str = ""
    ask_owns: str = ""
    ask_refusal: str = ""
    """Why it cannot be; empty where it can."""
    heirs: list[Heir] = []  # noqa: RUF012
    heir: str = ""

    @action()
    async def ask(self, tenant_id: str) -> None:
        leaving = services.members.leaving
        settled = await call(leaving, str(tenant_id))
        self.asking, self.ask_name = settled.tenant.id, settled.tenant.name
        self.ask_refusal = settled.refusal
        self.ask_owns, self.heirs, self.heir = owned(settled), heirs_of(settled), ""

    @action()
    async def choose(self, user_id: str) -> None:
        self.heir = str(user_id)

    @action()
    async def keep(self) -> None:
        self.asking = ""

    @action()
    async def leave(self) -> None:
        """The page is loaded anew: the header names the tenants that are left."""
        if not self.asking:
            return
        leave, name = services.members.leave, self.ask_name
        await call(leave, self.asking, self.heir or None)
        self.asking = ""
        await notify(self, "success", f"You left {name}")
        await go(self, SETTINGS)

    @internal
    async def read(self) -> None:
        belongs = services.members.belonging
        found = await call(belongs)
        self.rows = [BelongingRow(one.tenant.id, one.tenant.name, ROLES[one.role]) for one in found]


def belonging() -> rx.Component:
    tenants = rx.el.ul(
        rx.foreach(LeaveState.rows, _tenant), class_name="plain-list", id="belonging"
    )
    card = rx.el.section(rx.el.h2("Your tenants"), tenants, class_name="card settings-card")
    return rx.fragment(rx.cond(LeaveState.rows.length() > 0, card), _question())


def _tenant(one: BelongingRow) -> rx.Component:
    facts = rx.el.div(rx.el.b(one.name), rx.el.div(one.role, class_name="muted"), class_name="grow")
    leave = button(
        "Leave",
        kind="small",
        on_click=LeaveState.ask(one.id),
        custom_attrs={"aria-label": f"Leave {one.name}"},
    )
    return rx.el.li(facts, leave, class_name="entry", key=one.id)


def _question() -> rx.Component:
    state = LeaveState
    return parting_question(
        state,
        title=f"Leave {state.ask_name}?",
        consequence="You see nothing of this tenant any more. Only its admins can invite you again.",
        heading=f"Who should own your {state.ask_owns}?",
        keep_words="Stay",
        part=state.leave,
        part_words="Leave",
    )
