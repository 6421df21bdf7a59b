"""Signing in: the password, and the code where there is a second factor."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, OtpRequired, Unauthenticated, WrongOtp
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.services.identity.sessions import HOME
from exports_app.ui.framework.actions import action, signed_in
from exports_app.ui.framework.browser_commands import go
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import header, query
from exports_app.ui.framework.threads import in_thread, signing_in

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
        self.is_demo = await in_thread(services.demo.offers_login)
        reasons = query(self)
        self.expired = "expired" in reasons
        self.ended = "ended" in reasons
        self.joined = "joined" in reasons
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
            code = await signing_in(begin, email, password, address, browser, goto, known)
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
            code = await signing_in(
                services.sessions.finish, self._step, otp, address, browser, known
            )
        except WrongOtp:
            self.error = "This code is wrong, expired or already used. Enter the newest one."
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
        """To the password, for someone else or another account."""
        self.error = ""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.asks_code, self._step = False, ""
