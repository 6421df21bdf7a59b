"""Inviting to a tenant, and the invitations that wait: a part of the members' page."""

from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.tenants.invitations import InvitationStatus, Invited
from exports_app.services.tenants.members import ROLES as CHOICES
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, described, field, form_input
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import ROLES, SessionState
from exports_app.ui.pages.settings.given import link_to_hand_on

LONGEST = bounds.TYPED_ADDRESS
"""Characters of a field that are looked at."""
SELECTABLE = [(str(role), ROLES[role]) for role in CHOICES]


@dataclass
class InvitationItem:
    """note: why its link does not help, in words; empty while all is well."""

    id: str
    email: str
    role: str
    by: str
    expires_at: str
    expired: bool
    note: str


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
            self.errors = {one.pointer[1:]: sentence(one.detail) for one in e.errors}
            return
        self.sent += 1
        await self._show(invited)

    @action(Permission.MANAGE)
    async def resend(self, invitation_id: str) -> None:
        resend = services.invitations.resend
        await self._show(await call(resend, await self._tenant(), str(invitation_id)))

    @action(Permission.MANAGE)
    async def revoke(self, invitation_id: str) -> None:
        """A link that is still shown may be its own: it goes too."""
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
            await notify(self, "success", f"An invitation is on its way to {email}")
        await self.read()

    @internal
    def clear(self) -> None:
        """For another tenant: nothing of this one stays."""
        self.rows, self.errors, self.fresh_email, self.fresh_link = [], {}, "", ""

    @internal
    async def read(self) -> None:
        tenant_id = await self._tenant()
        invitations = await call(services.invitations.find, tenant_id)
        self.rows = [row(invited) for invited in invitations]
        self.mails = services.account_messages.available()

    async def _tenant(self) -> str:
        return (await self.get_state(SessionState)).tenant_id


def row(invited: Invited) -> InvitationItem:
    invitation, expired = invited.invitation, invited.status is InvitationStatus.EXPIRED
    note = ""
    if invited.status is InvitationStatus.INVITER_LEFT:
        note = f"Not valid: {invited.invited_by} may not invite any more"
    elif not expired and invited.mail in {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}:
        note = "The message was not delivered"
    return InvitationItem(
        invitation.id,
        invitation.email,
        ROLES[invitation.role],
        invited.invited_by,
        invitation.expires_at.isoformat(),
        expired,
        note,
    )


def invite_card() -> rx.Component:
    state = InvitationsState
    form = rx.form(
        _email_field(),
        _role_field(),
        rx.el.div(
            rx.el.button("Invite", type="submit", class_name="btn primary"), class_name="row"
        ),
        on_submit=state.invite,
        reset_on_submit=False,
        key=state.sent.to_string(),
    )
    mailed = "They get a link by email. They are a member once they accept."
    shown = "No mail server is set: you get a link to hand on. They are a member once they accept."
    note = rx.el.p(rx.cond(state.mails, mailed, shown), class_name="muted")
    fresh = link_to_hand_on(
        state.fresh_email,
        state.fresh_link,
        "It works once, for 72 hours, and is shown only now. Anyone who has it can become a member.",
        state.forget,
    )
    return rx.el.section(
        rx.el.h2("Invite a member"), note, form, fresh, class_name="card settings-card"
    )


def _email_field() -> rx.Component:
    wrong = InvitationsState.errors.get("email", "").to(str)
    hint = "Of the person to invite"
    return form_input(
        "email", "Email", wrong, hint, type="email", max_length=LONGEST, auto_complete="off"
    )


def _role_field() -> rx.Component:
    options = [rx.el.option(words, value=key) for key, words in reversed(SELECTABLE)]
    wrong = InvitationsState.errors.get("role", "").to(str)
    control = rx.el.select(
        *options, id="role", name="role", class_name="control", **described("role", wrong)
    )
    hint = (
        "Admins use these pages; viewers read scheduled exports and their history through the API"
    )
    return field("Role", control, name="role", error=wrong, hint=hint)


def open_invitations() -> rx.Component:
    waiting = rx.el.ul(
        rx.foreach(InvitationsState.rows, _invitation), class_name="plain-list", id="invitations"
    )
    card = rx.el.section(rx.el.h2("Invitations"), waiting, class_name="card settings-card")
    return rx.cond(InvitationsState.rows.length() > 0, card)


def _invitation(one: InvitationItem) -> rx.Component:
    until = rx.fragment(
        rx.cond(one.expired, "expired ", "expires "), browser.when(at=one.expires_at)
    )
    facts = rx.el.div(
        rx.el.b(one.email),
        rx.el.div(one.role, " · invited by ", one.by, " · ", until, class_name="muted"),
        rx.cond(one.note != "", rx.el.div(one.note, class_name="error-text")),
        class_name="grow",
    )
    resend = button(
        rx.cond(InvitationsState.mails, "Send again", "New link"),
        kind="small",
        once=True,
        on_click=InvitationsState.resend(one.id),
        custom_attrs={"aria-label": f"Send the invitation of {one.email} again"},
    )
    revoke = button(
        "Revoke",
        kind="small",
        once=True,
        on_click=InvitationsState.revoke(one.id),
        custom_attrs={"aria-label": f"Revoke the invitation of {one.email}"},
    )
    return rx.el.li(
        facts, rx.el.div(resend, revoke, class_name="row"), class_name="entry stacked", key=one.id
    )
