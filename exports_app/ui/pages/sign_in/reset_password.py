"""The page that a link to set a new password opens, signed in or not."""

import asyncio

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.services.identity.account_links import PATHS, LinkKind
from exports_app.ui.components import browser
from exports_app.ui.components.controls import form_input, submit, wrong_box
from exports_app.ui.framework.actions import action, error_sentence
from exports_app.ui.framework.page import FORGOT, LOGIN, page
from exports_app.ui.framework.services import services
from exports_app.ui.layout.centered_panel import door

RESET = PATHS[LinkKind.PASSWORD_RESET]
LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
NO_LINK = "Open this page with the link in your email"


class ResetPasswordState(rx.State):
    """The link's token stays in the browser: each handler gets it from there, and no field has
    it."""

    ready: str = ""
    """Changes whenever the page loads: then it sends the token."""
    loaded: bool = False
    failed: str = ""
    """Why no password can be set."""
    email: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: password."""
    error: str = ""
    done: bool = False

    @action(public=True)
    async def load(self) -> None:
        self.loaded, self.done, self.error, self.errors, self.email = False, False, "", {}, ""
        self.ready = str(int(self.ready or "0") + 1)

    @action(public=True)
    async def open(self, token: str) -> None:
        """Whose password the link sets."""
        if self.done:  # the browser has just forgotten the token
            return
        self.failed, self.error, self.errors = "" if token else NO_LINK, "", {}
        check = services.password_resets.check
        try:
            self.email = await asyncio.to_thread(check, str(token)) if token else ""
        except ExportsError as e:
            self.failed = error_sentence(e)
        self.loaded = True

    @action(public=True)
    async def save(self, form: dict[str, str]) -> None:
        self.error, self.errors = "", {}
        token, password = (str(form.get(key, ""))[: LONGEST + 1] for key in ("token", "password"))
        reset = services.password_resets.reset
        try:
            await asyncio.to_thread(reset, token, password)
        except Invalid as e:
            self.errors = {"password": error_sentence(e)}
        except ExportsError as e:
            self.error = error_sentence(e)
        else:
            self.done = True


@page(RESET, title="Set a new password", public=True, refresh=ResetPasswordState.load)
def reset_password() -> rx.Component:
    state = ResetPasswordState
    content = rx.cond(state.done, _done(), rx.cond(state.failed != "", _failed(), _form()))
    waiting = rx.el.p("Opening your link …", class_name="muted", role="status")
    token = browser.link_token(page=RESET, ready=state.ready, spent=state.done, on_token=state.open)
    return door(
        rx.el.h1("Set a new password"), rx.cond(state.loaded, content, waiting), beside=token
    )


def _failed() -> rx.Component:
    return rx.fragment(
        wrong_box(ResetPasswordState.failed),
        rx.el.a("Ask for a new link", href=FORGOT, class_name="btn"),
        rx.el.a("Back to the sign-in", href=LOGIN, class_name="link"),
    )


def _form() -> rx.Component:
    state = ResetPasswordState
    return rx.form(
        browser.token_field(page=RESET),
        rx.el.p(
            "For ",
            rx.el.b(state.email),
            ". Everything that is signed in to this account is signed out.",
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
        rx.el.a("Go to the sign-in", href=LOGIN, class_name="btn primary", id="sign-in"),
    )
