"""The page that asks for a link to set a new password."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import form_input, posted_form, submit, wrong_box
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.layout.centered_panel import centered_panel
from exports_app.ui.pages.sign_in.forgot_password.state import LONGEST, ForgotPasswordState


@page(FORGOT, title="Forgot password", public=True, refresh=ForgotPasswordState.load)
def forgot_password() -> rx.Component:
    state = ForgotPasswordState
    way = rx.cond(state.available, rx.cond(state.sent_to != "", _sent(), _form()), _no_mail())
    back = rx.el.a("Back to sign-in", href=LOGIN, class_name="link")
    return centered_panel(rx.el.h1("Forgot your password?"), rx.cond(state.loaded, way), back)


def _form() -> rx.Component:
    state = ForgotPasswordState
    return posted_form(
        form_input(
            "email",
            "Email",
            state.errors.get("email", "").to(str),
            "The address of your account. We send a link to it.",
            type="email",
            auto_complete="username",
            required=True,
            max_length=LONGEST,
        ),
        wrong_box(state.error),
        submit("Send the link"),
        browser.focus(target="email"),
        on_submit=state.ask,
        reset_on_submit=False,
    )


def _sent() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            "If ",
            rx.el.b(ForgotPasswordState.sent_to),
            (
                " has an account here, a link to set a new password is on its way. It works "
                "once, for 30 minutes."
            ),
            class_name="box info",
            role="status",
        ),
        rx.el.p("No email? Check your spam folder, then ask an admin.", class_name="muted"),
    )


def _no_mail() -> rx.Component:
    return rx.el.div(
        (
            "This server sends no email. Ask an admin of your tenant to have a super admin "
            "create a link for you."
        ),
        class_name="box info",
        role="status",
    )
