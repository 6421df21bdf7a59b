"""The page that a link to set a new password opens."""

import reflex as rx

from exports_app.services.identity.account_links import PATHS, LinkKind
from exports_app.ui.components import browser
from exports_app.ui.components.controls import form_input, posted_form, submit, wrong_box
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.layout.centered_panel import centered_panel
from exports_app.ui.pages.sign_in.reset_password.state import LONGEST, ResetPasswordState

RESET = PATHS[LinkKind.PASSWORD_RESET]


@page(RESET, title="Set a new password", public=True, refresh=ResetPasswordState.load)
def reset_password() -> rx.Component:
    state = ResetPasswordState
    content = rx.cond(state.done, _done(), rx.cond(state.failed != "", _failed(), _form()))
    waiting = rx.el.p("Opening your link …", class_name="muted", role="status")
    token = browser.link_token(page=RESET, ready=state.ready, spent=state.done, on_token=state.open)
    return centered_panel(
        rx.el.h1("Set a new password"), rx.cond(state.loaded, content, waiting), beside=token
    )


def _failed() -> rx.Component:
    return rx.fragment(
        wrong_box(ResetPasswordState.failed),
        rx.el.a("Request a new link", href=FORGOT, class_name="btn"),
        rx.el.a("Back to sign-in", href=LOGIN, class_name="link"),
    )


def _form() -> rx.Component:
    state = ResetPasswordState
    return posted_form(
        browser.token_field(page=RESET),
        rx.el.p(
            "For ",
            rx.el.b(state.email),
            ". This signs out all browsers of this account and ends its access tokens.",
        ),
        form_input(
            "password",
            "New password",
            state.errors.get("password", "").to(str),
            "At least 10 characters",
            type="password",
            auto_complete="new-password",
            required=True,
            max_length=LONGEST,
        ),
        wrong_box(state.error),
        submit("Set the password"),
        on_submit=state.save,
        reset_on_submit=False,
    )


def _done() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            "Your new password is set. Sign in with it.", class_name="box info", role="status"
        ),
        rx.el.a("Go to sign-in", href=LOGIN, class_name="btn primary", id="sign-in"),
    )
