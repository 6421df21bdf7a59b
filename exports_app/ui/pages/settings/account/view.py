"""The page of the account."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input, posted_form
from exports_app.ui.components.question import question
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SETTINGS, SessionState
from exports_app.ui.pages.settings.account.leave.view import belonging
from exports_app.ui.pages.settings.account.rows import SessionItem
from exports_app.ui.pages.settings.account.second_factor import view as second_factor
from exports_app.ui.pages.settings.account.second_factor.state import SecondFactorState
from exports_app.ui.pages.settings.account.state import LONGEST, AccountState
from exports_app.ui.pages.settings.tabs import top


@page(SETTINGS, title="Account", load=SecondFactorState.arrive, refresh=AccountState.refresh)
def account() -> rx.Component:
    intro = rx.fragment("Your account, ", rx.el.b(SessionState.email))
    warning = rx.cond(AccountState.must_change, _must_change())
    return rx.el.div(
        top(SETTINGS, intro),
        warning,
        second_factor.warning(),
        _password(),
        second_factor.card(),
        _sessions(),
        belonging(),
        class_name="page settings",
    )


def _must_change() -> rx.Component:
    return rx.el.div(
        rx.el.p("Your password was set for you. Choose one of your own to continue."),
        class_name="box warn",
        role="status",
        id="must-change",
    )


def _password() -> rx.Component:
    form = posted_form(
        _secret("current", "Current password", "current-password"),
        _secret("new", "New password", "new-password", "At least 10 characters"),
        rx.el.div(
            rx.el.button("Change password", type="submit", class_name="btn primary"),
            class_name="row",
        ),
        on_submit=AccountState.change,
        reset_on_submit=False,
        key=AccountState.saved.to_string(),
    )
    note = rx.el.p(
        "Changing it signs out all other browsers and ends access tokens. API keys keep working.",
        class_name="muted",
    )
    return rx.el.section(
        rx.el.h2("Password"), note, form, class_name="card settings-card", id="password-card"
    )


def _secret(name: str, label: str, completes: str, hint: str = "") -> rx.Component:
    wrong = AccountState.errors.get(name, "").to(str)
    return form_input(
        name,
        label,
        wrong,
        hint,
        type="password",
        required=True,
        max_length=LONGEST,
        auto_complete=completes,
    )


def _sessions() -> rx.Component:
    head = rx.el.div(
        rx.el.div(rx.el.h2("Active sessions"), class_name="grow"),
        button(
            "Sign out everywhere",
            kind="small",
            icon="log-out",
            on_click=AccountState.ask,
        ),
        class_name="row wrap",
    )
    return rx.el.section(
        head,
        rx.el.ul(
            rx.foreach(AccountState.sessions, _session), class_name="plain-list", id="sessions"
        ),
        _question(),
        class_name="card settings-card",
    )


def _question() -> rx.Component:
    return question(
        is_open=AccountState.asking,
        title="Sign out everywhere?",
        text="Ends all your sessions, including this one, and the access tokens of your API"
        " clients. Scheduled exports keep running, and API keys keep working: revoke them under API"
        " keys.",
        confirm="Sign out everywhere",
        icon="log-out",
        on_confirm=AccountState.end_all,
        on_cancel=AccountState.keep,
    )


def _session(session: SessionItem) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(session.device),
        rx.el.div(
            "used ",
            browser.when(at=session.used_at),
            " · since ",
            browser.when(at=session.since),
            class_name="muted num",
        ),
        class_name="grow",
    )
    end = button("Sign out", kind="small", once=True, on_click=AccountState.end(session.id))
    here = rx.el.span("This browser", class_name="tag")
    return rx.el.li(
        facts, rx.cond(session.is_current, here, end), class_name="entry", key=session.id
    )
