"""One's own account: its password, and where one is signed in."""

from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, TooManyRequests
from exports_app.domain.humanize import sentence
from exports_app.services.accounts.own_account import SignedIn
from exports_app.services.identity.sessions import HOME, id_of
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input
from exports_app.ui.framework.actions import action, actor, call
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SETTINGS, SessionState
from exports_app.ui.framework.user_agent import device
from exports_app.ui.pages.settings import second_factor
from exports_app.ui.pages.settings.leave import LeaveState, belonging
from exports_app.ui.pages.settings.second_factor import SecondFactorState
from exports_app.ui.pages.settings.tabs import top

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
FIELDS = {"/currentPassword": "current", "/newPassword": "new"}


@dataclass
class SessionItem:
    id: str
    device: str
    used_at: str
    since: str
    is_current: bool


class AccountState(rx.State):
    must_change: bool = False
    """Its password was given to them."""
    sessions: list[SessionItem] = []  # noqa: RUF012 (Reflex copies defaults)
    errors: dict[str, str] = {}  # noqa: RUF012
    """By field: current, new."""
    saved: int = 0
    """How often it was changed: the form begins anew."""

    @action()
    async def refresh(self) -> None:
        user = await call(services.own_account.get)
        self.must_change = user.must_change_password
        await (await self.get_state(LeaveState)).read()
        await (await self.get_state(SecondFactorState)).load()
        await self._again()

    @action()
    async def change(self, form: dict[str, str]) -> None:
        current, new = (str(form.get(name, ""))[:LONGEST] for name in ("current", "new"))
        self.errors = {}
        try:
            change = services.own_account.change_password
            await call(change, current, new, id_of(actor().session))
        except Invalid as e:
            self.errors = {FIELDS.get(one.pointer, "new"): sentence(one.detail) for one in e.errors}
            return
        except TooManyRequests as e:
            self.errors = {"current": e.message}
            return
        if self.must_change:  # now they may see what is theirs
            await go(self, HOME)
            return
        self.saved += 1
        await notify(
            self,
            "success",
            "Your password was changed; every other browser and program was signed out",
        )
        await self._again()

    @action()
    async def end(self, session_id: str) -> None:
        await call(services.own_account.end_session, str(session_id))
        await self._again()

    @action()
    async def end_all(self) -> None:
        """This browser too."""
        await call(services.own_account.sign_out_everywhere)
        await go(self, "/api/session/end")

    async def _again(self) -> None:
        self.sessions = await call(_rows, id_of(actor().session))


def _rows(who: Principal, session: str) -> list[SessionItem]:
    """In a thread: reading what a browser calls itself takes some milliseconds, and the first time
    a fifth of a second."""
    return [row(one) for one in services.own_account.sessions(who, session)]


def row(one: SignedIn) -> SessionItem:
    return SessionItem(
        one.id,
        device(one.device),
        one.last_used_at.isoformat(),
        one.created_at.isoformat(),
        one.is_current,
    )


@page(SETTINGS, title="Account", load=SecondFactorState.arrive, refresh=AccountState.refresh)
def account() -> rx.Component:
    told = rx.fragment("Your account, ", rx.el.b(SessionState.email))
    warning = rx.cond(AccountState.must_change, _must_change())
    return rx.el.div(
        top(SETTINGS, told),
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
        rx.el.p(
            "Your password was given to you. Choose one of your own: then you see what is yours."
        ),
        class_name="box warn",
        role="status",
        id="must-change",
    )


def _password() -> rx.Component:
    form = rx.form(
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
        "Every other browser and program that uses it is signed out.", class_name="muted"
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
        rx.el.div(rx.el.h2("Where you are signed in"), class_name="grow"),
        button(
            "Sign out everywhere",
            kind="small",
            icon="log-out",
            once=True,
            on_click=AccountState.end_all,
        ),
        class_name="row wrap",
    )
    return rx.el.section(
        head,
        rx.el.ul(
            rx.foreach(AccountState.sessions, _session), class_name="plain-list", id="sessions"
        ),
        class_name="card settings-card",
    )


def _session(one: SessionItem) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(one.device),
        rx.el.div(
            "used ",
            browser.when(at=one.used_at),
            " · since ",
            browser.when(at=one.since),
            class_name="muted num",
        ),
        class_name="grow",
    )
    end = button("Sign out", kind="small", once=True, on_click=AccountState.end(one.id))
    here = rx.el.span("This browser", class_name="tag")
    return rx.el.li(facts, rx.cond(one.is_current, here, end), class_name="entry", key=one.id)
