"""Inviting to a tenant, and the open invitations."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.address_typos import correction
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.tenants.invitations import Invited
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.members.invitations.rows import InvitationItem, row

LONGEST = bounds.TYPED_ADDRESS
"""Characters of a field that are looked at."""


class InvitationsState(rx.State):
    rows: list[InvitationItem] = []  # noqa: RUF012 (Reflex copies defaults)
    errors: dict[str, str] = {}  # noqa: RUF012
    """By field: email, role."""
    sent: int = 0
    """How many: the form begins anew."""
    fresh_email: str = ""
    fresh_link: str = ""
    """To be handed on where no mail server is set: shown once."""
    mails: bool = True
    """Whether a mail server is set."""

    @action(Permission.MANAGE)
    async def invite(self, form: dict[str, str]) -> None:
        email, role = (str(form.get(key, ""))[:LONGEST] for key in ("email", "role"))
        self.errors = {}
        invite = services.invitations.invite
        try:
            invited = await call(invite, await self._tenant(), email, role)
        except Invalid as e:
            self.errors = {error.pointer[1:]: sentence(error.detail) for error in e.errors}
            return
        self.sent += 1
        await self._show(invited)
        if meant := correction(invited.invitation.email):
            await notify(self, "info", f"Did you mean {meant}? If so, revoke this invitation.")

    @action(Permission.MANAGE)
    async def resend(self, invitation_id: str) -> None:
        resend = services.invitations.resend
        await self._show(await call(resend, await self._tenant(), str(invitation_id)))

    @action(Permission.MANAGE)
    async def revoke(self, invitation_id: str) -> None:
        """The link that is still shown may belong to it, so it is removed too."""
        revoke = services.invitations.revoke
        await call(revoke, await self._tenant(), str(invitation_id))
        self.fresh_email = self.fresh_link = ""
        await notify(self, "success", "The invitation was revoked: its link no longer works")
        await self.read()

    @action(Permission.MANAGE)
    async def forget(self) -> None:
        """The link was handed on."""
        self.fresh_email = self.fresh_link = ""

    async def _show(self, invited: Invited) -> None:
        email = invited.invitation.email
        self.fresh_email, self.fresh_link = (email, invited.link) if invited.link else ("", "")
        if invited.link is None:
            await notify(self, "success", f"Sending an invitation to {email}")
        await self.read()

    @internal
    def clear(self) -> None:
        """For another tenant: nothing of this one stays."""
        self.rows = []
        self.errors = {}
        self.fresh_email = ""
        self.fresh_link = ""

    @internal
    async def read(self) -> None:
        tenant_id = await self._tenant()
        invitations = await call(services.invitations.find, tenant_id)
        self.rows = [row(invited) for invited in invitations]
        self.mails = services.account_messages.available()

    async def _tenant(self) -> str:
        return (await self.get_state(SessionState)).tenant_id
