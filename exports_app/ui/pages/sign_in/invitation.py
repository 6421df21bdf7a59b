"""The page that the link of an invitation opens: signed out or signed in, with or without an
account."""

import asyncio

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.accounts.invitation_acceptance import AcceptanceStep, Joined
from exports_app.services.identity.account_links import PATHS, LinkKind
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.services.identity.sessions import HOME
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input, submit, wrong_box
from exports_app.ui.framework.actions import (
    action,
    actor,
    call,
    error_sentence,
    note_refusal,
    principal,
    signed_in,
)
from exports_app.ui.framework.browser_commands import go
from exports_app.ui.framework.page import LOGIN, page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SETTINGS, header
from exports_app.ui.layout.centered_panel import door

INVITATION = PATHS[LinkKind.INVITATION]
LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
SIGN_IN = f"{LOGIN}?next={INVITATION}"
JOINED = f"{LOGIN}?joined=1"
ROLES = {Role.ADMIN: "an admin", Role.VIEWER: "a viewer"}
NO_LINK = "Open this page with the link in your email"


class InvitationState(rx.State):
    """The link's token stays in the browser: each handler gets it from there, and no field has
    it."""

    ready: str = ""
    """Changes whenever the page loads: then it sends the token."""
    loaded: bool = False
    failed: str = ""
    """Why there is nothing to accept."""
    tenant: str = ""
    invited_by: str = ""
    role: str = ""
    email: str = ""
    expires_at: str = ""
    way: str = ""
    me: str = ""
    """The address of the account that is signed in; empty: none is."""
    must_change: bool = False
    """It is signed in with a one-time password."""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: name, password."""
    error: str = ""
    done: bool = False

    @rx.var
    def is_other(self) -> bool:
        """Another account is signed in."""
        return self.me not in {"", self.email}

    @action(public=True)
    async def load(self) -> None:
        self.loaded, self.done, self.error, self.errors = False, False, "", {}
        self.ready = str(int(self.ready or "0") + 1)

    @action(public=True)
    async def open(self, token: str) -> None:
        """What the link offers, and who looks at it."""
        self.failed, self.error, self.errors = "", "", {}
        try:
            user = await call(services.own_account.get) if signed_in() else None
            offer = (
                await asyncio.to_thread(services.invitation_acceptance.look, str(token))
                if token
                else None
            )
        except ExportsError as e:
            self.failed, self.loaded = error_sentence(e), True
            return
        self.me, self.loaded = user.email if user else "", True
        self.must_change = user is not None and user.must_change_password
        if offer is None:
            self.failed = NO_LINK
            return
        self.tenant, self.invited_by, self.role = (
            offer.tenant.name,
            offer.invited_by,
            ROLES[offer.role],
        )
        self.email, self.way = offer.email, str(offer.way)
        self.expires_at = offer.expires_at.isoformat()

    @action(public=True)
    async def accept(self, form: dict[str, str]) -> None:
        """As the account that is signed in."""
        joined = await self._accept(form, principal() if signed_in() else None)
        if joined is not None:
            await go(self, f"{HOME}?tenant={joined.tenant.slug}")

    @action(public=True)
    async def join(self, form: dict[str, str]) -> None:
        """With a name and a password; then one is signed in with them."""
        name, password = (str(form.get(key, ""))[: LONGEST + 1] for key in ("name", "password"))
        who = principal() if signed_in() else None
        joined = await self._accept(form, who, name, password)
        if joined is not None:
            await go(self, await self._way_in(joined, password))

    @action()
    async def sign_out(self) -> None:
        """To come back as the account that is invited."""
        await asyncio.to_thread(services.sessions.end, actor().session)
        await go(self, f"/api/session/end?next={INVITATION}")

    async def _accept(
        self,
        form: dict[str, str],
        who: Principal | None,
        name: str | None = None,
        password: str | None = None,
    ) -> Joined | None:
        self.errors, self.error = {}, ""
        accept, token = services.invitation_acceptance.accept, str(form.get("token", ""))
        try:
            joined = await asyncio.to_thread(accept, token, who, name, password)
        except Invalid as e:
            self.errors = {one.pointer[1:]: sentence(one.detail) for one in e.errors}
            return None
        except ExportsError as e:
            self.error = error_sentence(e)
            note_refusal(e, "InvitationState.accept")
            return None
        self.done = True
        return joined

    async def _way_in(self, joined: Joined, password: str) -> str:
        """Where the browser goes next: to its new session, or to the sign-in where that is
        refused."""
        goto = f"{HOME}?tenant={joined.tenant.slug}"
        sent = header(self, "cookie")
        holder, known = (cookie(sent, name) for name in (BROWSER_COOKIE, KNOWN_COOKIE))
        address = str(self.router_data.get("ip", ""))
        begin, email = services.sessions.begin, joined.user.email
        try:
            code = await asyncio.to_thread(begin, email, password, address, holder, goto, known)
        except ExportsError:
            return JOINED
        return f"/api/session/{code}"


@page(INVITATION, title="Invitation", public=True, refresh=InvitationState.load)
def invitation() -> rx.Component:
    state = InvitationState
    failed = rx.fragment(
        rx.el.h1("Invitation"),
        wrong_box(state.failed),
        rx.el.a("Go to the sign-in", href=LOGIN, class_name="btn"),
    )
    content = rx.cond(state.loaded, rx.cond(state.failed != "", failed, _offer()), _waiting())
    token = browser.link_token(
        page=INVITATION, ready=state.ready, spent=state.done, on_token=state.open
    )
    return door(content, beside=token)


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
        "Do you have an account here already? ",
        rx.el.a("Sign in to accept", href=SIGN_IN, class_name="link", id="sign-in"),
    )


def _accept() -> rx.Component:
    return rx.form(
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
        "Nobody has shown yet that this account is yours: choose a new password for it. You are signed out everywhere else.",
        "Choose a name and a password for your account.",
    )
    return rx.form(
        browser.token_field(page=INVITATION),
        rx.el.p(again),
        _field("name", "Name", "As others see it", type="text", auto_complete="name"),
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
