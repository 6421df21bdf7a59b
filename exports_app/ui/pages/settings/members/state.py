"""The members of a tenant and their roles; removing one."""

import reflex as rx

from exports_app.domain.access import Permission, permissions_of
from exports_app.domain.humanize import counted
from exports_app.services.core.records import Member
from exports_app.services.tenants.recipient_removal import Addressed
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SETTINGS, SessionState
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.settings.leaving_dialog import (
    Successor,
    owned,
    successors_of,
)
from exports_app.ui.pages.settings.members.invitations.state import InvitationsState
from exports_app.ui.pages.settings.members.rows import MemberRow, row


class MembersState(rx.State):
    rows: list[MemberRow] = []  # noqa: RUF012 (Reflex copies defaults)
    loaded: bool = False
    asking: str = ""
    """The id of the member to remove; empty: none."""
    ask_name: str = ""
    ask_owns: str = ""
    ask_refusal: str = ""
    """Why it cannot be; empty where it can."""
    ask_receives: str = ""
    """How many scheduled exports are sent to them, in words; empty for none."""
    successors: list[Successor] = []  # noqa: RUF012
    successor: str = ""
    drops: bool = True
    """Whether their address is dropped from the recipients."""
    _of: str = ""
    """The tenant whose members these are."""

    @action(Permission.MANAGE)
    async def arrive(self) -> None:
        """When the page loads: nothing of another tenant stays, neither a question nor a link."""
        tenant_id = await self._tenant()
        if self._of != tenant_id:
            self._of = tenant_id
            self.rows = []
            self.loaded = False
            self.asking = ""
            (await self.get_state(InvitationsState)).clear()

    @action(Permission.MANAGE)
    async def refresh(self) -> None:
        await self._read()

    @action(Permission.MANAGE)
    async def change_role(self, user_id: str, role: str) -> None:
        """Acts at once. Where it is refused, the list is read again, so that the field comes
        back."""
        change = services.members.change_role
        try:
            await call(change, await self._tenant(), str(user_id), str(role))
        finally:
            self.rows = []
            await self._again()

    @action(Permission.MANAGE)
    async def ask(self, user_id: str) -> None:
        removing = services.members.removing
        settled = await call(removing, await self._tenant(), str(user_id))
        member, receives = settled.member, settled.receives
        self.asking, self.ask_name = member.user.id, member.user.name
        self.ask_owns = owned(settled)
        self.successors = successors_of(settled)
        self.successor = ""
        self.drops = True
        self.ask_refusal = settled.refusal
        self.ask_receives = _received(receives)

    @action(Permission.MANAGE)
    async def choose(self, user_id: str) -> None:
        self.successor = str(user_id)

    @action(Permission.MANAGE)
    async def choose_drop(self, drops: bool) -> None:
        self.drops = bool(drops)

    @action(Permission.MANAGE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.MANAGE)
    async def remove(self) -> None:
        if not self.asking or self._of != await self._tenant():
            return
        remove, name = services.members.remove, self.ask_name
        drops = self.drops and self.ask_receives != ""
        whom = (principal(), await self._tenant(), self.asking, self.successor or None)
        dropped = _received(await in_thread(remove, *whom, drop_recipient=drops))
        self.asking = ""
        stopped = f", and no longer a recipient of {dropped}" if dropped else ""
        await notify(self, "success", f"{name} is no longer a member{stopped}")
        await self._again()

    async def _read(self) -> list[Member]:
        members = await call(services.members.find, await self._tenant())
        self.rows, self.loaded = [row(member) for member in members], True
        await (await self.get_state(InvitationsState)).read()
        return members

    async def _again(self) -> None:
        members = await self._read()
        me = next((member for member in members if member.user.id == principal().user_id), None)
        if not principal().is_super_admin and (
            me is None or Permission.MANAGE not in permissions_of(me.role)
        ):
            await go(self, SETTINGS)  # one's own role was changed, or one has left

    async def _tenant(self) -> str:
        return (await self.get_state(SessionState)).tenant_id


def _received(by: Addressed) -> str:
    """Which scheduled exports an address is a recipient of; empty: of none."""
    live = [counted(by.live, "scheduled export")] if by.live else []
    deleted = [counted(by.deleted, "deleted scheduled export")] if by.deleted else []
    return " and ".join(live + deleted)
