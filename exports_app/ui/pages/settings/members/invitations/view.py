"""The cards of the invitations, on the page of the members."""

import reflex as rx

from exports_app.services.tenants.members import ROLES as CHOICES
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, described, field, form_input, posted_form
from exports_app.ui.framework.session import ROLES
from exports_app.ui.pages.settings.link_to_pass_on import link_to_pass_on
from exports_app.ui.pages.settings.members.invitations.rows import InvitationItem
from exports_app.ui.pages.settings.members.invitations.state import LONGEST, InvitationsState

SELECTABLE = [(str(role), ROLES[role]) for role in CHOICES]


def invite_card() -> rx.Component:
    state = InvitationsState
    form = posted_form(
        _email_field(),
        _role_field(),
        rx.el.div(
            rx.el.button("Invite", type="submit", class_name="btn primary"), class_name="row"
        ),
        on_submit=state.invite,
        reset_on_submit=False,
        key=state.sent.to_string(),
    )
    mailed = "They get a link by email and become a member once they accept."
    shown = (
        "No mail server is configured: you get a link to share. They become a member once "
        "they accept."
    )
    note = rx.el.p(rx.cond(state.mails, mailed, shown), class_name="muted")
    fresh = link_to_pass_on(
        state.fresh_email,
        state.fresh_link,
        (
            "It works once, expires after 72 hours, and is shown only once. Anyone who has it can "
            "become a member."
        ),
        state.forget,
    )
    return rx.el.section(
        rx.el.h2("Invite a member"), note, form, fresh, class_name="card settings-card"
    )


def _email_field() -> rx.Component:
    wrong = InvitationsState.errors.get("email", "").to(str)
    hint = "Existing users get access to this tenant; others create an account first"
    return form_input(
        "email", "Email", wrong, hint, type="email", max_length=LONGEST, auto_complete="off"
    )


def _role_field() -> rx.Component:
    options = [rx.el.option(words, value=key) for key, words in reversed(SELECTABLE)]
    wrong = InvitationsState.errors.get("role", "").to(str)
    control = rx.el.select(
        *options, id="role", name="role", class_name="control", **described("role", wrong)
    )
    hint = "Admins can change everything here; viewers can see scheduled exports, history and files"
    return field("Role", control, name="role", error=wrong, hint=hint)


def open_invitations() -> rx.Component:
    waiting = rx.el.ul(
        rx.foreach(InvitationsState.rows, _invitation), class_name="plain-list", id="invitations"
    )
    card = rx.el.section(rx.el.h2("Invitations"), waiting, class_name="card settings-card")
    return rx.cond(InvitationsState.rows.length() > 0, card)


def _invitation(invitation: InvitationItem) -> rx.Component:
    until = rx.fragment(
        rx.cond(invitation.expired, "expired ", "expires "), browser.when(at=invitation.expires_at)
    )
    facts = rx.el.div(
        rx.el.b(invitation.email),
        rx.el.div(
            invitation.role, " · invited by ", invitation.by, " · ", until, class_name="muted"
        ),
        rx.cond(invitation.note != "", rx.el.div(invitation.note, class_name="error-text")),
        class_name="grow",
    )
    resend = button(
        rx.cond(InvitationsState.mails, "Resend", "New link"),
        kind="small",
        once=True,
        on_click=InvitationsState.resend(invitation.id),
        custom_attrs={"aria-label": f"Resend the invitation to {invitation.email}"},
    )
    revoke = button(
        "Revoke",
        kind="small",
        once=True,
        on_click=InvitationsState.revoke(invitation.id),
        custom_attrs={"aria-label": f"Revoke the invitation to {invitation.email}"},
    )
    return rx.el.li(
        facts,
        rx.el.div(resend, revoke, class_name="row"),
        class_name="entry stacked",
        key=invitation.id,
    )
