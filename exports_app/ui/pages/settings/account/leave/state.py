"""The user's tenants, and leaving one of them."""

import reflex as rx

from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import ROLES, SETTINGS
from exports_app.ui.pages.settings.account.leave.rows import BelongingRow
from exports_app.ui.pages.settings.leaving_dialog import Successor, owned, successors_of


class LeaveState(rx.State):
    rows: list[BelongingRow] = []  # noqa: RUF012 (Reflex copies defaults)
    asking: str = ""
    """The id of the tenant to leave; empty: none."""
    ask_name: str = ""
    ask_owns: str = ""
    ask_refusal: str = ""
    """Why it cannot be; empty where it can."""
    successors: list[Successor] = []  # noqa: RUF012
    successor: str = ""

    @action()
    async def ask(self, tenant_id: str) -> None:
        leaving = services.members.leaving
        settled = await call(leaving, str(tenant_id))
        self.asking, self.ask_name = settled.tenant.id, settled.tenant.name
        self.ask_refusal = settled.refusal
        self.ask_owns = owned(settled)
        self.successors = successors_of(settled)
        self.successor = ""

    @action()
    async def choose(self, user_id: str) -> None:
        self.successor = str(user_id)

    @action()
    async def keep(self) -> None:
        self.asking = ""

    @action()
    async def leave(self) -> None:
        """The page is loaded anew: the header names the tenants that are left."""
        if not self.asking:
            return
        leave, name = services.members.leave, self.ask_name
        await call(leave, self.asking, self.successor or None)
        self.asking = ""
        await notify(self, "success", f"You left {name}")
        await go(self, SETTINGS)

    @internal
    async def read(self) -> None:
        belongs = services.members.belonging
        memberships = await call(belongs)
        self.rows = [
            BelongingRow(membership.tenant.id, membership.tenant.name, ROLES[membership.role])
            for membership in memberships
        ]
