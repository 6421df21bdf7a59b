"""The accounts of the installation: who there is, and the way back in for those who lost their
password."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.services.accounts.administration import UserAccount
from exports_app.services.core.records import Page
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.framework.actions import action, call, error_sentence, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import ROLES
from exports_app.ui.pages.settings.given import link_to_hand_on
from exports_app.ui.pages.settings.tabs import USERS, top

SIZE = 25
LONGEST = bounds.SEARCH


@dataclass
class UserItem:
    id: str
    name: str
    email: str
    belongs: str
    """To which tenants, as what, in words."""
    active: bool
    has_factor: bool
    """A second factor."""
    is_super: bool
    is_me: bool


class UsersState(rx.State):
    rows: list[UserItem] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    q: str = ""
    number: int = 1
    """Of the page."""
    failed: str = ""
    fresh_email: str = ""
    fresh_link: str = ""
    """To set a new password, where none could be mailed: shown until it was handed on."""
    asking: str = ""
    """The id of who is asked about; empty: nobody is."""
    ask_what: str = ""
    """deactivate, renew: to have them set a new password, or factor: to remove their second
    factor."""
    ask_name: str = ""

    @rx.var
    def counted(self) -> str:
        return counted(self.total, "account")

    @rx.var
    def last(self) -> bool:
        return self.number * SIZE >= self.total

    @action(Permission.OPERATE)
    async def arrive(self) -> None:
        """When the page loads: no question of before."""
        self.asking, self.q, self.number = "", "", 1
        self.fresh_email = self.fresh_link = ""

    @action(Permission.OPERATE)
    async def refresh(self) -> None:
        await self._load()

    @action(Permission.OPERATE)
    async def search(self, text: str) -> None:
        self.q, self.number = str(text)[:LONGEST], 1
        await self._load()

    @action(Permission.OPERATE)
    async def turn(self, step: int) -> None:
        if isinstance(step, int):
            self.number = max(1, min(self.number + step, -(-self.total // SIZE)))
            await self._load()

    @action(Permission.OPERATE)
    async def activate(self, user_id: str) -> None:
        done = await call(services.user_administration.set_active, str(user_id), active=True)
        await notify(self, "success", f"{done.name} may sign in again")
        await self._load()

    @action(Permission.OPERATE)
    async def ask(self, user_id: str, what: str) -> None:
        found = await call(services.user_administration.get, str(user_id))
        self.asking, self.ask_name, self.ask_what = (
            found.id,
            found.name,
            what if what in {"renew", "factor"} else "deactivate",
        )

    @action(Permission.OPERATE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.OPERATE)
    async def confirm(self) -> None:
        wanted, self.asking = self.asking, ""
        if wanted and self.ask_what == "renew":
            await self._renew(wanted)
        elif wanted and self.ask_what == "factor":
            await call(services.user_administration.reset_second_factor, wanted)
            await notify(
                self,
                "success",
                f"{self.ask_name} is signed out, and signs in without a second factor",
            )
        elif wanted:
            done = await call(services.user_administration.set_active, wanted, active=False)
            await notify(
                self, "success", f"{done.name} is signed out, and may not sign in any more"
            )
        await self._load()

    async def _renew(self, user_id: str) -> None:
        users = services.user_administration
        sent = await call(users.reset, user_id)
        self.fresh_email, self.fresh_link = sent.user.email, sent.url or ""
        if sent.url is None:
            await notify(self, "success", f"A link to set a new password goes to {sent.user.email}")

    @action(Permission.OPERATE)
    async def forget(self) -> None:
        """The link was handed on."""
        self.fresh_email = self.fresh_link = ""

    async def _load(self) -> None:
        find = services.user_administration.find
        try:
            found, self.total = await call(find, self.q, Page(self.number, SIZE))
            self.rows, self.failed = [row(one, principal().user_id) for one in found], ""
        except ExportsError as e:
            self.failed = error_sentence(e)


def row(one: UserAccount, me: str) -> UserItem:
    roles = ", ".join(f"{tenant.name} ({ROLES[role].lower()})" for tenant, role in one.roles)
    user = one.user
    belongs = "every tenant" if user.is_super_admin else roles or "no tenant"
    return UserItem(
        user.id,
        user.name,
        user.email,
        belongs,
        user.is_active,
        user.second_factor_at is not None,
        user.is_super_admin,
        user.id == me,
    )


@page(
    USERS,
    title="Users",
    needs=Permission.OPERATE,
    load=UsersState.arrive,
    refresh=UsersState.refresh,
)
def users() -> rx.Component:
    told_ = rx.fragment("All accounts of this installation: they join a tenant under Members there")
    return rx.el.div(top(USERS, told_), _fresh(), _list(), _question(), class_name="page settings")


def _fresh() -> rx.Component:
    told_ = "The link is shown only once and works for 24 hours. Setting the password signs the account out everywhere."
    return link_to_hand_on(UsersState.fresh_email, UsersState.fresh_link, told_, UsersState.forget)


def _list() -> rx.Component:
    state = UsersState
    search = rx.el.div(
        rx.icon("search", size=15, aria_hidden="true"),
        browser.text(
            id="search",
            type="search",
            value=state.q,
            on_change=state.search,
            placeholder="Search name, email …",
            max_length=LONGEST,
            class_name="control",
            custom_attrs={"aria-label": "Search users"},
        ),
        class_name="search",
    )
    people = rx.el.ul(rx.foreach(state.rows, _user), class_name="plain-list", id="users")
    pages = rx.el.div(
        rx.el.span(state.counted, class_name="grow"),
        button("Previous", kind="small", on_click=state.turn(-1), disabled=state.number == 1),
        button("Next", kind="small", on_click=state.turn(1), disabled=state.last),
        class_name="foot",
    )
    content = rx.cond(
        state.failed != "", rx.el.p(state.failed, class_name="box bad", role="alert"), people
    )
    return rx.el.section(
        rx.el.h2("Users"),
        rx.el.div(search, class_name="row spaced"),
        content,
        pages,
        class_name="card settings-card",
    )


def _user(one: UserItem) -> rx.Component:
    marks = rx.fragment(
        rx.cond(one.is_super, rx.el.span("Super admin", class_name="tag"), ""),
        " ",
        rx.cond(one.has_factor, rx.el.span("Second factor", class_name="tag"), ""),
        " ",
        rx.cond(one.active, "", rx.el.span("not active", class_name="tag")),
    )
    facts = rx.el.div(
        rx.el.div(rx.el.b(one.name), " ", marks),
        rx.el.div(one.email, " · ", one.belongs, class_name="muted"),
        class_name="grow",
    )
    renew = _act("Reset password", one.name, on_click=UsersState.ask(one.id, "renew"))
    factor = _act("Remove second factor", one.name, on_click=UsersState.ask(one.id, "factor"))
    active = rx.cond(
        one.active,
        _act("Deactivate", one.name, on_click=UsersState.ask(one.id, "deactivate")),
        _act("Activate", one.name, once=True, on_click=UsersState.activate(one.id)),
    )
    doing = rx.cond(
        one.is_me,
        rx.el.span("You", class_name="tag"),
        rx.el.div(rx.cond(one.has_factor, factor), renew, active, class_name="row wrap"),
    )
    return rx.el.li(facts, doing, class_name="entry stacked", key=one.id)


def _act(words: str, name: str, **props: Any) -> rx.Component:
    return button(words, kind="small", custom_attrs={"aria-label": f"{words}: {name}"}, **props)


def _question() -> rx.Component:
    def by_what(renew: Any, factor: Any, deactivate: Any) -> Any:
        return rx.match(UsersState.ask_what, ("renew", renew), ("factor", factor), deactivate)

    what = by_what(
        "They get a link by email to set a new password; without a mail server it is shown here once. Until they use it "
        "nothing changes; once it is used, it signs out every browser and program.",
        "They are signed out everywhere, and their password alone signs them in until they set one up again. Be sure that it is "
        "them who asks: whoever stole their password would ask the same.",
        "They are signed out everywhere and may not sign in any more; scheduled exports that they own fail and are paused.",
    )
    name = UsersState.ask_name
    title = by_what(
        f"Have {name} set a new password?",
        f"Remove the second factor of {name}?",
        f"Deactivate {name}?",
    )
    do = by_what("Send the link", "Remove", "Deactivate")
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            browser.return_focus(),
            browser.focus(target="keep-user"),
            rx.alert_dialog.title(title, as_child=False),
            rx.alert_dialog.description(what, size="2", color="gray"),
            rx.el.div(
                rx.alert_dialog.cancel(button("Cancel", on_click=UsersState.keep, id="keep-user")),
                button(
                    do, kind="danger", once=True, on_click=UsersState.confirm, id="confirm-user"
                ),
                class_name="dialog-foot",
            ),
            class_name="dialog slim",
            on_escape_key_down=UsersState.keep,
        ),
        open=UsersState.asking != "",
    )
