"""The page to sign in."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, posted_form, submit
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.layout.centered_panel import centered_panel
from exports_app.ui.pages.sign_in.login.state import LoginState


def _field(name: str, label: str, **props: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name),
        rx.el.input(
            id=name,
            name=name,
            required=True,
            class_name="control",
            custom_attrs={"aria-describedby": "login-error"},
            **props,
        ),
        class_name="field",
    )


def _error() -> rx.Component:
    return rx.cond(
        LoginState.error != "",
        rx.el.div(LoginState.error, id="login-error", class_name="box bad", role="alert"),
    )


def _code() -> rx.Component:
    """The form of the second step."""
    return posted_form(
        rx.el.p(
            "Enter the 6-digit code that your authenticator app shows, or one of your "
            "recovery codes."
        ),
        _field(
            "otp",
            "Code",
            auto_complete="one-time-code",
            max_length=bounds.OTP,
            spell_check=False,
            auto_capitalize="none",
        ),
        submit("Continue"),
        button("Back", kind="ghost", on_click=LoginState.back),
        _error(),
        browser.focus(target="otp"),
        on_submit=LoginState.finish,
        reset_on_submit=False,
        key="code",
    )


@page(LOGIN, title="Sign in", public=True, refresh=LoginState.load)
def login() -> rx.Component:
    asks_password = ~LoginState.asks_code
    return centered_panel(
        rx.el.h1("Sign in"),
        rx.el.div(
            _notice(LoginState.expired, "That sign-in took too long: please try again.", "warn"),
            _notice(
                LoginState.ended & asks_password,
                "Your session has ended: please sign in again.",
                "warn",
            ),
            _notice(
                LoginState.joined & asks_password,
                "You have joined: sign in with your new password.",
                "info",
            ),
            class_name="above",
        ),
        rx.cond(LoginState.asks_code, _code(), _password()),
        rx.cond(LoginState.is_demo & asks_password, _demo()),
    )


def _notice(shown: rx.Var[bool], text: str, look: str) -> rx.Component:
    return rx.cond(shown, rx.el.div(text, class_name=f"box {look}", role="status"))


def _password() -> rx.Component:
    """The form of the first step."""
    return posted_form(
        _field("email", "Email", type="email", auto_complete="username"),
        _field("password", "Password", type="password", auto_complete="current-password"),
        submit("Sign in"),
        rx.el.a("Forgot password?", href=FORGOT, class_name="link", id="forgot"),
        _error(),
        browser.focus(target="email"),
        on_submit=LoginState.login,
        reset_on_submit=False,
        key="password",
    )


def _demo() -> rx.Component:
    return rx.el.div(
        rx.el.p("This is a demo. Sign in with"),
        rx.el.p(
            rx.el.b(DEMO_EMAIL, color="inherit"), " and ", rx.el.b(DEMO_PASSWORD, color="inherit")
        ),
        class_name="box info",
        id="demo-login",
    )
