"""Accepting an invitation by a link's token."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.domain.humanize import sentence
from exports_app.domain.open_enum import Words
from exports_app.services.accounts.invitation_acceptance import Joined
from exports_app.services.identity.account_links import PATHS, LinkKind
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.services.identity.sessions import HOME
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
from exports_app.ui.framework.page import LOGIN
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import header
from exports_app.ui.framework.threads import in_thread, signing_in

INVITATION = PATHS[LinkKind.INVITATION]
LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
JOINED = f"{LOGIN}?joined=1"
ROLES = Words({Role.ADMIN: "an admin", Role.VIEWER: "a viewer"})
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
        self.loaded = False
        self.done = False
        self.error = ""
        self.errors = {}
        self.ready = str(int(self.ready or "0") + 1)

    @action(public=True)
    async def open(self, token: str) -> None:
        """What the link offers, and who looks at it."""
        self.failed = ""
        self.error = ""
        self.errors = {}
        try:
            user = await call(services.own_account.get) if signed_in() else None
            offer = (
                await in_thread(services.invitation_acceptance.look, str(token)) if token else None
            )
        except ExportsError as e:
            self.failed, self.loaded = error_sentence(e), True
            return
        self.me, self.loaded = user.email if user else "", True
        self.must_change = user is not None and user.must_change_password
        if offer is None:
            self.failed = NO_LINK
            return
        self.tenant = offer.tenant.name
        self.invited_by = offer.invited_by
        self.role = ROLES[offer.role]
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
        await in_thread(services.sessions.end, actor().session)
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
            joined = await signing_in(accept, token, who, name, password)
        except Invalid as e:
            self.errors = {error.pointer[1:]: sentence(error.detail) for error in e.errors}
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
            code = await signing_in(begin, email, password, address, holder, goto, known)
        except ExportsError:
            return JOINED
        return f"/api/session/{code}"
