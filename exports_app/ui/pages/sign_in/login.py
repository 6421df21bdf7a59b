"""Signing in."""

import asyncio
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, OtpRequired, Unauthenticated, WrongOtp
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.services.identity.sessions import HOME
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, submit
from exports_app.ui.framework.actions import action, signed_in
from exports_app.ui.framework.browser_commands import go
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import header, query
from exports_app.ui.layout.centered_panel import door

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""


class LoginState(rx.State):
    is_demo: bool = False
    """The demo's password works for whoever looks at this page."""
    expired: bool = False
    """The code of a sign-in."""
    ended: bool = False
    """The session that this browser had."""
    joined: bool = False
    """By an invitation, whose page could not sign in."""
    error: str = ""
    focus: str = ""
    asks_code: bool = False
    """The password was right; a code of the second factor is missing."""
    _step: str = ""
    """What the sign-in goes on with then: a one-time code that is bound to this browser."""

    @action(public=True)
    async def load(self) -> Any:
        self.is_demo = await asyncio.to_thread(services.demo.offers_login)
        self.expired, self.ended, self.joined = (
            word in query(self) for word in ("expired", "ended", "joined")
        )
        self.error = ""
        self._begin_anew()
        return rx.redirect(HOME) if signed_in() else None

    @action(public=True)
    async def login(self, form: dict[str, str]) -> None:
        """Checks the password, then moves the page to where the cookie is set."""
        email, password = (str(form.get(key, ""))[:LONGEST] for key in ("email", "password"))
        browser, known = (
            cookie(header(self, "cookie"), name) for name in (BROWSER_COOKIE, KNOWN_COOKIE)
        )
        address = str(self.router_data.get("ip", ""))
        self.error = ""
        try:
            begin = services.sessions.begin
            goto = query(self).get("next", "")
            code = await asyncio.to_thread(begin, email, password, address, browser, goto, known)
        except OtpRequired as e:
            self.asks_code, self._step = True, e.step
        except ExportsError as e:
            self.error = f"{e.message}."
        else:
            await go(self, f"/api/session/{code}")

    @action(public=True)
    async def finish(self, form: dict[str, str]) -> None:
        """The second step: a code of the authenticator app, or a recovery code."""
        otp = str(form.get("otp", ""))[:LONGEST]
        browser, known = (
            cookie(header(self, "cookie"), name) for name in (BROWSER_COOKIE, KNOWN_COOKIE)
        )
        address = str(self.router_data.get("ip", ""))
        self.error = ""
        try:
            code = await asyncio.to_thread(
                services.sessions.finish, self._step, otp, address, browser, known
            )
        except WrongOtp:
            self.error = "This code is wrong, too old, or was used already: enter the newest one."
        except Unauthenticated as e:
            self._begin_anew()
            self.error = f"{e.message}."
        except ExportsError as e:
            self.error = f"{e.message}."
        else:
            self._step = ""
            await go(self, f"/api/session/{code}")

    @action(public=True)
    async def back(self) -> None:
        """To the password, for somebody else or another account."""
        self.error = ""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.asks_code, self._step = False, ""


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
    return rx.form(
        rx.el.p(
            "Enter the 6-digit code that your authenticator app shows, or one of your recovery codes."
        ),
        _field(
            "otp",
            "Code",
            auto_complete="one-time-code",
            max_length=bounds.OTP,
            spell_check=False,
            auto_capitalize="none",
        ),
        _error(),
        submit("Continue"),
        button("Back", kind="ghost", on_click=LoginState.back),
        browser.focus(target="otp"),
        on_submit=LoginState.finish,
        reset_on_submit=False,
        key="code",
    )


@page(LOGIN, title="Sign in", public=True, refresh=LoginState.load)
def login() -> rx.Component:
    form = rx.form(
        _field("email", "Email", type="email", auto_complete="username"),
        _field("password", "Password", type="password", auto_complete="current-password"),
        _error(),
        submit("Sign in"),
        browser.focus(target="email"),
        on_submit=LoginState.login,
        reset_on_submit=False,
        key="password",
    )
    forgot = rx.el.a("Forgot password?", href=FORGOT, class_name="link", id="forgot")
    demo = rx.el.div(
        rx.el.p("This is a demo. Sign in with"),
        rx.el.p(
            rx.el.b(DEMO_EMAIL, color="inherit"), " and ", rx.el.b(DEMO_PASSWORD, color="inherit")
        ),
        class_name="box info",
        id="demo-login",
    )
    return door(
        rx.el.h1("Sign in"),
        rx.cond(
            LoginState.expired,
            rx.el.div(
                "That sign-in took too long: please try again.",
                class_name="box warn",
                role="status",
            ),
        ),
        rx.cond(
            LoginState.ended & ~LoginState.asks_code,
            rx.el.div(
                "Your session has ended: please sign in again.",
                class_name="box warn",
                role="status",
            ),
        ),
        rx.cond(
            LoginState.joined & ~LoginState.asks_code,
            rx.el.div(
                "You have joined: sign in with your new password.",
                class_name="box info",
                role="status",
            ),
        ),
        rx.cond(LoginState.asks_code, _code(), rx.fragment(form, forgot)),
        rx.cond(LoginState.is_demo & ~LoginState.asks_code, demo),
    )
