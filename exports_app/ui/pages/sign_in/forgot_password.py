"""Asking for a link to set a new password."""

import asyncio

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, Invalid, MailNotSet
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.ui.components import browser
from exports_app.ui.components.controls import form_input, submit, wrong_box
from exports_app.ui.framework.actions import action, error_sentence
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import header
from exports_app.ui.layout.centered_panel import door

LONGEST = bounds.ADDRESS
"""Characters of the address."""


class ForgotPasswordState(rx.State):
    """What it says is the same whether the address has an account."""

    loaded: bool = False
    available: bool = False
    """This server can send email."""
    sent_to: str = ""
    error: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: email."""

    @action(public=True)
    async def load(self) -> None:
        self.available = await asyncio.to_thread(services.password_resets.available)
        self.sent_to, self.error, self.errors, self.loaded = "", "", {}, True

    @action(public=True)
    async def ask(self, form: dict[str, str]) -> None:
        self.error, self.errors = "", {}
        email = str(form.get("email", "")).strip()[: LONGEST + 1]
        known = cookie(header(self, "cookie"), KNOWN_COOKIE)
        request = services.password_resets.request
        try:
            await asyncio.to_thread(request, email, known)
        except Invalid as e:
            self.errors = {"email": error_sentence(e)}
        except MailNotSet:
            self.available = False
        except ExportsError as e:
            self.error = error_sentence(e)
        else:
            self.sent_to = email


@page(FORGOT, title="Forgot password", public=True, refresh=ForgotPasswordState.load)
def forgot_password() -> rx.Component:
    state = ForgotPasswordState
    way = rx.cond(state.available, rx.cond(state.sent_to != "", _sent(), _form()), _no_mail())
    back = rx.el.a("Back to the sign-in", href=LOGIN, class_name="link")
    return door(rx.el.h1("Forgot your password?"), rx.cond(state.loaded, way), back)


def _form() -> rx.Component:
    state = ForgotPasswordState
    return rx.form(
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
            " has an account here, a link to set a new password is on its way. It works once, for 30 minutes.",
            class_name="box info",
            role="status",
        ),
        rx.el.p("Nothing came? Look in your spam folder, then ask an admin.", class_name="muted"),
    )


def _no_mail() -> rx.Component:
    return rx.el.div(
        "This server sends no email. Ask an admin of your tenant to have a super admin make you a link.",
        class_name="box info",
        role="status",
    )
