"""The page of the accounts."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button
from exports_app.ui.components.question import question
from exports_app.ui.framework.page import page
from exports_app.ui.pages.settings.link_to_pass_on import link_to_pass_on
from exports_app.ui.pages.settings.tabs import USERS, top
from exports_app.ui.pages.settings.users.rows import UserItem
from exports_app.ui.pages.settings.users.state import LONGEST, UsersState

RENEWING = (
    "They get a link by email to set a new password. Without a mail server, the link is shown "
    "here once. Nothing changes until they use it. It then signs out all browsers and ends "
    "access tokens."
)
REMOVING_FACTOR = (
    "They are signed out everywhere, and can sign in with their password alone until they set "
    "up two-factor authentication again. Make sure that the request comes from them: someone "
    "who stole their password would ask for the same."
)
DEACTIVATING = (
    "They are signed out everywhere and can no longer sign in. Scheduled exports that they own "
    "fail and are paused."
)


@page(
    USERS,
    title="Users",
    needs=Permission.OPERATE,
    load=UsersState.arrive,
    refresh=UsersState.refresh,
)
def users() -> rx.Component:
    intro = rx.fragment(
        "All accounts of this installation. To add someone to a tenant, invite them on its "
        "Members page"
    )
    return rx.el.div(top(USERS, intro), _fresh(), _list(), _question(), class_name="page settings")


def _fresh() -> rx.Component:
    intro = (
        "The link is shown only once and works for 24 hours. Setting the password signs the "
        "account out everywhere."
    )
    return link_to_pass_on(UsersState.fresh_email, UsersState.fresh_link, intro, UsersState.forget)


def _list() -> rx.Component:
    state = UsersState
    search = rx.el.div(
        rx.icon("search", size=15, aria_hidden="true"),
        browser.text(
            id="search",
            type="search",
            value=state.q,
            on_change=state.search,
            placeholder="Search by name or email …",
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


def _user(user: UserItem) -> rx.Component:
    marks = rx.fragment(
        rx.cond(user.is_super, rx.el.span("Super admin", class_name="tag"), ""),
        " ",
        rx.cond(user.has_factor, rx.el.span("2FA", class_name="tag"), ""),
        " ",
        rx.cond(user.active, "", rx.el.span("inactive", class_name="tag")),
    )
    facts = rx.el.div(
        rx.el.div(rx.el.b(user.name), " ", marks),
        rx.el.div(user.email, " · ", user.belongs, class_name="muted"),
        class_name="grow",
    )
    renew = _act("Reset password", user.name, on_click=UsersState.ask(user.id, "renew"))
    factor = _act("Turn off 2FA", user.name, on_click=UsersState.ask(user.id, "factor"))
    active = rx.cond(
        user.active,
        _act("Deactivate", user.name, on_click=UsersState.ask(user.id, "deactivate")),
        _act("Activate", user.name, once=True, on_click=UsersState.activate(user.id)),
    )
    actions = rx.cond(
        user.is_me,
        rx.el.span("You", class_name="tag"),
        rx.el.div(rx.cond(user.has_factor, factor), renew, active, class_name="row wrap"),
    )
    return rx.el.li(facts, actions, class_name="entry stacked", key=user.id)


def _act(words: str, name: str, **props: Any) -> rx.Component:
    return button(words, kind="small", custom_attrs={"aria-label": f"{words}: {name}"}, **props)


def _question() -> rx.Component:
    name = UsersState.ask_name
    title = _by_question(
        f"Reset the password of {name}?",
        f"Turn off two-factor authentication for {name}?",
        f"Deactivate {name}?",
    )
    consequence = _by_question(RENEWING, REMOVING_FACTOR, DEACTIVATING)
    return question(
        is_open=UsersState.asking != "",
        title=title,
        text=consequence,
        confirm=_by_question("Send the link", "Turn off", "Deactivate"),
        on_confirm=UsersState.confirm,
        on_cancel=UsersState.keep,
    )


def _by_question(renew: Any, factor: Any, deactivate: Any) -> Any:
    """Whichever belongs to the question that is open."""
    return rx.match(UsersState.ask_what, ("renew", renew), ("factor", factor), deactivate)
