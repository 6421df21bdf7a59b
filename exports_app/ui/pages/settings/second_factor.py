"""One's own second factor: the card of it on the page of the account."""

import asyncio
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
from exports_app.ui.components import browser
from exports_app.ui.components.controls import ONCE, button, form_input, wrong_box
from exports_app.ui.framework.actions import action, actor, call, principal
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
FIELDS = {"/currentPassword": "factor-password", "/otp": "otp"}
SETUP, SCAN, CODES, DISABLE, RENEW = "setup", "scan", "codes", "disable", "renew"
"""What the card asks for, or shows; empty: whether there is one."""
APP = "A code of the authenticator app, or a recovery code"


class SecondFactorState(rx.State):
    loaded: bool = False
    since: str = ""
    """ISO 8601; empty: there is none."""
    codes_left: int = 0
    demand: str = ""
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
        who, session, otp = principal(), id_of(actor().session), str(form.get("otp", ""))[:LONGEST]
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
            await notify(self, "success", "Your second factor was disabled")
            await self.load()

    @action()
    async def done(self) -> None:
        """The recovery codes are kept."""
        self._forget()
        if self.demand:  # now they may see what is theirs
            await go(self, HOME)

    async def _tried(self, call: Callable[[], Any]) -> Any:
        """What it returns; None where the person is told what is wrong."""
        self.errors = {}
        try:
            return await asyncio.to_thread(call)
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
            self.demand = demand(state)
        self.loaded = True

    def _forget(self) -> None:
        self.step = self.qr = self.secret = ""
        self.codes, self.errors = [], {}
        self.tried += 1


def _both(form: dict[str, str]) -> tuple[str, str]:
    """The password and the code."""
    return str(form.get("factor-password", ""))[:LONGEST], str(form.get("otp", ""))[:LONGEST]


def demand(state: State) -> str:
    """Who requires it, in words; empty: nobody."""
    if state.required:
        return "Super admins need a second factor here. Set one up: then you see what is yours."
    names = ", ".join(tenant.name for tenant in state.required_by)
    return f"{names} requires a second factor. Set one up to see what is there." if names else ""


def qr_code(uri: str) -> str:
    """An SVG picture as a data address."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def warning() -> rx.Component:
    """At the top of the page, where a second factor is required and missing."""
    state = SecondFactorState
    box = rx.el.div(
        rx.el.p(state.demand), class_name="box warn", role="status", id="second-factor-demand"
    )
    return rx.cond((state.demand != "") & (state.since == ""), box)


def card() -> rx.Component:
    state = SecondFactorState
    on = rx.el.span("On", class_name="tag")
    head = rx.el.div(
        rx.el.h2("Second factor", id="second-factor-title"),
        rx.cond(state.since != "", on),
        class_name="row",
    )
    body = rx.match(
        state.step,
        (SETUP, _setup()),
        (SCAN, _scan()),
        (CODES, _codes()),
        (DISABLE, _disable()),
        (RENEW, _renew()),
        rx.cond(state.since != "", _enabled(), _offer()),
    )
    return rx.el.section(
        head,
        rx.cond(state.loaded, body),
        class_name="card settings-card",
        id="second-factor",
        custom_attrs={"aria-labelledby": "second-factor-title"},
    )


def _offer() -> rx.Component:
    told = "With an authenticator app, your password alone is not enough to sign in."
    set_up = button(
        "Set up",
        kind="primary",
        once=True,
        on_click=SecondFactorState.open(SETUP),
        id="set-up-factor",
    )
    return rx.fragment(
        rx.el.p(told, class_name="muted"), rx.el.div(set_up, class_name="row spaced")
    )


def _enabled() -> rx.Component:
    state = SecondFactorState
    left = rx.el.p(
        "Turned on ",
        browser.when(at=state.since),
        ". Recovery codes left: ",
        rx.el.b(state.codes_left),
        class_name="muted num",
    )
    actions = rx.el.div(
        button(
            "New recovery codes",
            kind="small",
            once=True,
            on_click=state.open(RENEW),
            id="renew-codes",
        ),
        button(
            "Turn off", kind="small", once=True, on_click=state.open(DISABLE), id="disable-factor"
        ),
        class_name="row wrap spaced",
    )
    return rx.fragment(left, actions)


def _form(
    told: str, *fields: rx.Component, submit: str, on_submit: Any, key: str, kind: str = "primary"
) -> rx.Component:
    buttons = rx.el.div(
        rx.el.button(submit, type="submit", class_name=f"btn {kind}", custom_attrs=ONCE),
        button("Cancel", on_click=SecondFactorState.open("")),
        class_name="row",
    )
    form = rx.form(
        *fields,
        wrong_box(SecondFactorState.errors.get("wait", "").to(str)),
        buttons,
        on_submit=on_submit,
        reset_on_submit=False,
        key=f"{key}-{SecondFactorState.tried.to_string()}",
    )
    return rx.fragment(rx.el.p(told, class_name="muted"), form)


def _password() -> rx.Component:
    return _input(
        "factor-password",
        "Current password",
        "",
        type="password",
        auto_complete="current-password",
        max_length=LONGEST,
    )


def _otp(hint: str) -> rx.Component:
    return _input(
        "otp",
        "Code",
        hint,
        auto_complete="one-time-code",
        max_length=bounds.OTP,
        spell_check=False,
        auto_capitalize="none",
    )


def _input(name: str, label: str, hint: str, **props: Any) -> rx.Component:
    wrong = SecondFactorState.errors.get(name, "").to(str)
    return form_input(name, label, wrong, hint, required=True, **props)


def _setup() -> rx.Component:
    told = "Enter your password first, to confirm that it is you."
    form = _form(told, _password(), submit="Continue", on_submit=SecondFactorState.begin, key=SETUP)
    return rx.fragment(form, browser.focus(target="factor-password"))


def _scan() -> rx.Component:
    state = SecondFactorState
    picture = rx.el.img(
        src=state.qr,
        alt="QR code for your authenticator app",
        class_name="qr",
        width="205",
        height="205",
    )
    by_hand = rx.el.div(
        rx.el.p("Without a camera, type this key into the app:", class_name="muted"),
        rx.el.div(
            rx.el.code(state.secret, id="factor-secret", class_name="grow"),
            browser.copy_button(text=state.secret, label="Copy"),
            class_name="row wrap",
        ),
    )
    told = (
        "Scan this code with an authenticator app, such as Google Authenticator, Aegis or 1Password. "
        "Then enter the code it shows."
    )
    form = _form(
        told,
        picture,
        by_hand,
        _otp("Six digits"),
        submit="Turn on",
        on_submit=state.confirm,
        key=SCAN,
    )
    return rx.fragment(form, browser.focus(target="otp"))


def _codes() -> rx.Component:
    state = SecondFactorState
    told = (
        "Keep these recovery codes in a safe place. Each one signs you in once when your phone is not at hand. "
        "They are not shown again."
    )
    shown = rx.el.ul(
        rx.foreach(state.codes, lambda code: rx.el.li(rx.el.code(code))),
        class_name="recovery-codes",
        id="recovery-codes",
        custom_attrs={"aria-label": "Recovery codes"},
    )
    save = rx.el.a(
        rx.icon("download", size=16, aria_hidden="true"),
        "Download",
        href=state.as_file,
        download="recovery-codes.txt",
        class_name="btn small",
        id="download-codes",
    )
    actions = rx.el.div(
        browser.copy_button(text=state.as_text, label="Copy"),
        save,
        button("I have saved them", kind="small primary", on_click=state.done, id="codes-kept"),
        class_name="row wrap spaced",
    )
    return rx.fragment(
        rx.el.div(rx.el.p(told), shown, actions, class_name="box info", role="status")
    )


def _disable() -> rx.Component:
    told = (
        "After that your password alone signs you in. Where a second factor is required, you have no rights until you set one "
        "up again."
    )
    fields = (_password(), _otp(APP))
    form = _form(
        told,
        *fields,
        submit="Turn off",
        on_submit=SecondFactorState.disable,
        key=DISABLE,
        kind="danger",
    )
    return rx.fragment(form, browser.focus(target="factor-password"))


def _renew() -> rx.Component:
    told = "You get ten new recovery codes; the ones before do not count any more."
    form = _form(
        told,
        _password(),
        _otp(APP),
        submit="Make new codes",
        on_submit=SecondFactorState.renew,
        key=RENEW,
    )
    return rx.fragment(form, browser.focus(target="factor-password"))
