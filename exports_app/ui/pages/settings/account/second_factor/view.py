"""The card of the second factor, on the page of the account."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import ONCE, button, form_input, posted_form, wrong_box
from exports_app.ui.pages.settings.account.second_factor.state import (
    CODES,
    DISABLE,
    LONGEST,
    RENEW,
    SCAN,
    SETUP,
    SecondFactorState,
)

APP = "A code from your authenticator app, or a recovery code"


def warning() -> rx.Component:
    """At the top of the page, where a second factor is required and missing."""
    state = SecondFactorState
    box = rx.el.div(
        rx.el.p(state.requirement),
        class_name="box warn",
        role="status",
        id="second-factor-required",
    )
    return rx.cond((state.requirement != "") & (state.since == ""), box)


def card() -> rx.Component:
    state = SecondFactorState
    on = rx.el.span("On", class_name="tag")
    head = rx.el.div(
        rx.el.h2("Two-factor authentication", id="second-factor-title"),
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
    intro = "With an authenticator app, your password alone is not enough to sign in."
    set_up = button(
        "Set up",
        kind="primary",
        once=True,
        on_click=SecondFactorState.open(SETUP),
        id="set-up-factor",
    )
    return rx.fragment(
        rx.el.p(intro, class_name="muted"), rx.el.div(set_up, class_name="row spaced")
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
    intro: str, *fields: rx.Component, submit: str, on_submit: Any, key: str, kind: str = "primary"
) -> rx.Component:
    buttons = rx.el.div(
        rx.el.button(submit, type="submit", class_name=f"btn {kind}", custom_attrs=ONCE),
        button("Cancel", on_click=SecondFactorState.open("")),
        class_name="row",
    )
    form = posted_form(
        *fields,
        wrong_box(SecondFactorState.errors.get("wait", "").to(str)),
        buttons,
        on_submit=on_submit,
        reset_on_submit=False,
        key=f"{key}-{SecondFactorState.tried.to_string()}",
    )
    return rx.fragment(rx.el.p(intro, class_name="muted"), form)


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
    intro = "Enter your password first, to confirm that it is you."
    form = _form(
        intro, _password(), submit="Continue", on_submit=SecondFactorState.begin, key=SETUP
    )
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
    intro = (
        "Scan this code with an authenticator app, such as Google Authenticator, Aegis or "
        "1Password. "
        "Then enter the code it shows."
    )
    form = _form(
        intro,
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
    intro = (
        "Keep these recovery codes in a safe place. Each one works once, for when you do not "
        "have your phone. "
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
        rx.el.div(rx.el.p(intro), shown, actions, class_name="box info", role="status")
    )


def _disable() -> rx.Component:
    intro = (
        "Your password alone will then sign you in. Where two-factor authentication is required, "
        "you have no access until you set it up again."
    )
    fields = (_password(), _otp(APP))
    form = _form(
        intro,
        *fields,
        submit="Turn off",
        on_submit=SecondFactorState.disable,
        key=DISABLE,
        kind="danger",
    )
    return rx.fragment(form, browser.focus(target="factor-password"))


def _renew() -> rx.Component:
    intro = "You get ten new recovery codes. The old ones stop working."
    form = _form(
        intro,
        _password(),
        _otp(APP),
        submit="Create new codes",
        on_submit=SecondFactorState.renew,
        key=RENEW,
    )
    return rx.fragment(form, browser.focus(target="factor-password"))
