"""The user's own second factor: setting it up, renewing its recovery codes, turning it off."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import reflex as rx
import segno

from exports_app.domain import bounds
from exports_app.domain.errors import Invalid, TooManyRequests
from exports_app.domain.humanize import sentence
from exports_app.services.identity.second_factor import State
from exports_app.services.identity.sessions import HOME, id_of
from exports_app.ui.framework.actions import action, actor, call, principal
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import signing_in

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
FIELDS = {"/currentPassword": "factor-password", "/otp": "otp"}
SETUP = "setup"
SCAN = "scan"
CODES = "codes"
DISABLE = "disable"
RENEW = "renew"
"""What the card asks for, or shows; empty: whether there is one."""


class SecondFactorState(rx.State):
    loaded: bool = False
    since: str = ""
    """ISO 8601; empty: there is none."""
    codes_left: int = 0
    requirement: str = ""
    """Who requires one that is missing, as a sentence."""
    step: str = ""
    qr: str = ""
    secret: str = ""
    """In groups of four, while it is set up."""
    codes: list[str] = []  # noqa: RUF012 (Reflex copies defaults)
    """New recovery codes, until the person has kept them."""
    errors: dict[str, str] = {}  # noqa: RUF012
    """By field: factor-password, otp; wait: of the form as a whole."""
    tried: int = 0
    """How often the person was asked anew: the form begins empty."""

    @rx.var
    def as_text(self) -> str:
        return "\n".join(self.codes)

    @rx.var
    def as_file(self) -> str:
        return (
            "data:text/plain;charset=utf-8," + quote("\n".join(self.codes) + "\n")
            if self.codes
            else ""
        )

    @action()
    async def open(self, step: str) -> None:
        """Ask for what a step needs; an unknown one closes the card."""
        self._forget()
        self.step = step if step in {SETUP, DISABLE, RENEW} else ""

    @action()
    async def begin(self, form: dict[str, str]) -> None:
        password = str(form.get("factor-password", ""))[:LONGEST]
        begun = await self._tried(lambda: services.second_factors.begin(principal(), password))
        if begun is not None:
            self._forget()
            self.step, self.qr = SCAN, qr_code(begun.uri)
            self.secret = " ".join(begun.secret[i : i + 4] for i in range(0, len(begun.secret), 4))

    @action()
    async def confirm(self, form: dict[str, str]) -> None:
        who = principal()
        session = id_of(actor().session)
        otp = str(form.get("otp", ""))[:LONGEST]
        enabled = await self._tried(lambda: services.second_factors.confirm(who, otp, session))
        if enabled is not None:
            self._forget()
            self.step, self.codes = CODES, enabled.recovery_codes
            await self.load()

    @action()
    async def renew(self, form: dict[str, str]) -> None:
        password, otp = _both(form)
        renew, who = services.second_factors.renew_recovery_codes, principal()
        codes = await self._tried(lambda: renew(who, password, otp))
        if codes is not None:
            self._forget()
            self.step, self.codes = CODES, codes
            await self.load()

    @action()
    async def disable(self, form: dict[str, str]) -> None:
        password, otp = _both(form)
        disable, who = services.second_factors.disable, principal()
        if await self._tried(lambda: disable(who, password, otp) or True):
            self._forget()
            await notify(self, "success", "Two-factor authentication was turned off")
            await self.load()

    @action()
    async def done(self) -> None:
        """The recovery codes are kept."""
        self._forget()
        if self.requirement:  # now they may see what is theirs
            await go(self, HOME)

    async def _tried(self, call: Callable[[], Any]) -> Any:
        """What it returns; None where the page shows an error instead."""
        self.errors = {}
        try:
            return await signing_in(call)
        except Invalid as e:
            self.errors = {
                FIELDS.get(error.pointer, "otp"): sentence(error.detail) for error in e.errors
            }
        except TooManyRequests as e:
            self.errors = {
                "wait": e.message
            }  # after wrong passwords, or wrong codes: it says which
        return None

    @action()
    async def arrive(self) -> None:
        """When the page loads: what was shown once is gone."""
        self._forget()

    @internal
    async def load(self) -> None:
        state = await call(services.second_factors.state)
        self.since = state.enabled_at.isoformat() if state.enabled_at else ""
        self.codes_left = state.recovery_codes_left
        if not self.since:
            self.requirement = requirement_of(state)
        self.loaded = True

    def _forget(self) -> None:
        self.step = self.qr = self.secret = ""
        self.codes, self.errors = [], {}
        self.tried += 1


def _both(form: dict[str, str]) -> tuple[str, str]:
    """The password and the code."""
    return str(form.get("factor-password", ""))[:LONGEST], str(form.get("otp", ""))[:LONGEST]


def requirement_of(state: State) -> str:
    """Who requires a second factor, as a sentence; empty: nobody."""
    if state.required:
        return "Super admins need two-factor authentication here. Set it up to continue."
    names = ", ".join(tenant.name for tenant in state.required_by)
    return f"{names} requires two-factor authentication. Set it up to get access." if names else ""


def qr_code(uri: str) -> str:
    """An SVG picture as a data address."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
