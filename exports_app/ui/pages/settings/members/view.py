"""The page of the members."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components.controls import button
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.leaving_dialog import leaving_dialog
from exports_app.ui.pages.settings.members.invitations.view import (
    SELECTABLE,
    invite_card,
    open_invitations,
)
from exports_app.ui.pages.settings.members.rows import MemberRow
from exports_app.ui.pages.settings.members.state import MembersState
from exports_app.ui.pages.settings.tabs import MEMBERS, top


@page(
    MEMBERS,
    title="Members",
    needs=Permission.MANAGE,
    load=MembersState.arrive,
    refresh=MembersState.refresh,
)
def members() -> rx.Component:
    intro = rx.fragment(
        "Who can see and change what ", rx.el.b(SessionState.tenant_name), " exports"
    )
    return rx.el.div(
        top(MEMBERS, intro),
        invite_card(),
        open_invitations(),
        _list(),
        _question(),
        class_name="page settings",
    )


def _list() -> rx.Component:
    people = rx.el.ul(rx.foreach(MembersState.rows, _member), class_name="plain-list", id="members")
    return rx.el.section(rx.el.h2("Members"), people, class_name="card settings-card")


def _member(member: MemberRow) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(member.name),
        rx.cond(member.active, rx.fragment(), rx.el.span(" inactive", class_name="tag")),
        rx.el.div(
            member.email,
            rx.cond(member.owns != "", f" · owns {member.owns}", ""),
            class_name="muted",
        ),
        class_name="grow",
    )
    role = rx.el.select(
        *[rx.el.option(words, value=key) for key, words in SELECTABLE],
        value=member.role,
        on_change=lambda wanted: MembersState.change_role(member.id, wanted),
        class_name="control role",
        custom_attrs={"aria-label": f"Role of {member.name}"},
    )
    remove = button(
        "Remove",
        kind="small",
        on_click=MembersState.ask(member.id),
        custom_attrs={"aria-label": f"Remove {member.name}"},
    )
    return rx.el.li(
        facts,
        rx.el.div(role, remove, class_name="row"),
        class_name="entry wrap-narrow",
        key=member.id,
    )


def _question() -> rx.Component:
    state = MembersState
    return leaving_dialog(
        state,
        title=f"Remove {state.ask_name}?",
        consequence="They lose access to this tenant. Their account is kept.",
        heading=f"Who should own their {state.ask_owns}?",
        keep_words="Cancel",
        part=state.remove,
        part_words="Remove",
        more=rx.cond(state.ask_receives != "", _drop_choice()),
    )


def _drop_choice() -> rx.Component:
    """If this is not ticked, files still go to a person who is no longer a member."""
    tick = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=MembersState.drops,
        on_change=MembersState.choose_drop,
        id="drop-recipient",
    )
    words = f"Stop sending them {MembersState.ask_receives}"
    hint = "Their address is removed from the recipients."
    text = rx.el.span(words, rx.el.span(hint, class_name="muted"), class_name="stack")
    return rx.el.label(tick, text, html_for="drop-recipient", class_name="row")
