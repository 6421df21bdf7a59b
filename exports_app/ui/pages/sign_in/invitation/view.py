"""The page that an invitation opens."""

import reflex as rx

from exports_app.services.accounts.invitation_acceptance import AcceptanceStep
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input, posted_form, submit, wrong_box
from exports_app.ui.framework.page import LOGIN, page
from exports_app.ui.framework.session import SETTINGS
from exports_app.ui.layout.centered_panel import centered_panel
from exports_app.ui.pages.sign_in.invitation.state import INVITATION, LONGEST, InvitationState

SIGN_IN = f"{LOGIN}?next={INVITATION}"


@page(INVITATION, title="Invitation", public=True, refresh=InvitationState.load)
def invitation() -> rx.Component:
    state = InvitationState
    failed = rx.fragment(
        rx.el.h1("Invitation"),
        wrong_box(state.failed),
        rx.el.a("Go to sign-in", href=LOGIN, class_name="btn"),
    )
    content = rx.cond(state.loaded, rx.cond(state.failed != "", failed, _offer()), _waiting())
    token = browser.link_token(
        page=INVITATION, ready=state.ready, spent=state.done, on_token=state.open
    )
    return centered_panel(content, beside=token)


def _waiting() -> rx.Component:
    return rx.el.p("Opening your invitation …", class_name="muted", role="status")


def _offer() -> rx.Component:
    state = InvitationState
    signs_in, sets = str(AcceptanceStep.SIGN_IN), str(AcceptanceStep.SET_PASSWORD)
    about = rx.el.p(
        rx.el.b(state.invited_by),
        " invites you to ",
        rx.el.b(state.tenant),
        " as ",
        state.role,
        ".",
    )
    whose = rx.el.p(
        "For ", state.email, " · expires ", browser.when(at=state.expires_at), class_name="muted"
    )
    signed_out = rx.match(
        state.way,
        (signs_in, _sign_in()),
        (sets, _join()),
        rx.fragment(_join(), _have_account()),
    )
    theirs = rx.cond(
        state.way == sets, _join(), rx.cond(state.must_change, _own_password_first(), _accept())
    )
    choice = rx.cond(state.is_other, _other(), rx.cond(state.me == "", signed_out, theirs))
    offer = rx.el.div(rx.el.h1("Join ", state.tenant), about, whose, class_name="offer")
    return rx.fragment(offer, choice, wrong_box(state.error))


def _sign_in() -> rx.Component:
    return rx.el.a("Sign in to accept", href=SIGN_IN, class_name="btn primary", id="sign-in")


def _have_account() -> rx.Component:
    return rx.el.p(
        "Do you already have an account here? ",
        rx.el.a("Sign in to accept", href=SIGN_IN, class_name="link", id="sign-in"),
    )


def _accept() -> rx.Component:
    return posted_form(
        browser.token_field(page=INVITATION),
        rx.el.p("You are signed in as ", rx.el.b(InvitationState.me), "."),
        submit("Accept", id="accept"),
        on_submit=InvitationState.accept,
        reset_on_submit=False,
    )


def _own_password_first() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            "You are signed in as ",
            rx.el.b(InvitationState.me),
            " with a one-time password. Choose your own, then open the link again.",
            class_name="box warn",
            role="status",
        ),
        rx.el.a("Choose a password", href=SETTINGS, class_name="btn primary", id="own-password"),
    )


def _join() -> rx.Component:
    again = rx.cond(
        InvitationState.me != "",
        (
            "It is not confirmed yet that this account is yours: choose a new password for it. "
            "This signs you out everywhere else."
        ),
        "Choose a name and a password for your account.",
    )
    return posted_form(
        browser.token_field(page=INVITATION),
        rx.el.p(again),
        _field("name", "Name", "Shown to other members", type="text", auto_complete="name"),
        _field(
            "password",
            "Password",
            "At least 10 characters",
            type="password",
            auto_complete="new-password",
        ),
        submit("Accept and sign in", id="join"),
        on_submit=InvitationState.join,
        reset_on_submit=False,
    )


def _field(name: str, label: str, hint: str, **props: str) -> rx.Component:
    wrong = InvitationState.errors.get(name, "").to(str)
    return form_input(name, label, wrong, hint, required=True, max_length=LONGEST, **props)


def _other() -> rx.Component:
    state = InvitationState
    return rx.fragment(
        rx.el.div(
            "You are signed in as ",
            rx.el.b(state.me),
            ", and this invitation is for ",
            rx.el.b(state.email),
            ". Sign out to accept it.",
            class_name="box warn",
            role="status",
        ),
        button("Sign out", once=True, on_click=state.sign_out, id="sign-out"),
    )
