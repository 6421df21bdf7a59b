"""The people of a tenant: who belongs to it, as what; who is invited; a member who is removed."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from exports_app.domain.access import PERMISSIONS, Permission
from exports_app.domain.humanize import counted
from exports_app.services.core.records import Member
from exports_app.ui.components.controls import button
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SETTINGS, SessionState
from exports_app.ui.pages.settings.invitations import (
    SELECTABLE,
    InvitationsState,
    invite_card,
    open_invitations,
)
from exports_app.ui.pages.settings.parting import Heir, heirs_of, owned, parting_question
from exports_app.ui.pages.settings.tabs import MEMBERS, top


@dataclass
class MemberRow:
    id: str
    name: str
    email: str
    role: str
    owns: str
    """How many scheduled exports, in words; empty for none."""
    active: bool


class MembersState(rx.State):
    rows: list[MemberRow] = []  # noqa: RUF012 (Reflex copies defaults)
    loaded: bool = False
    asking: str = ""
    """The id of who shall be removed; empty: nobody is asked about."""
    ask_name: str = ""
    ask_owns: str = ""
    ask_refusal: str = ""
    """Why it cannot be; empty where it can."""
    ask_receives: str = ""
    """How many scheduled exports are sent to them, in words; empty for none."""
    heirs: list[Heir] = []  # noqa: RUF012
    heir: str = ""
    drops: bool = True
    """Whether their address is dropped from the recipients."""
    _of: str = ""
    """The tenant whose members these are."""

    @action(Permission.MANAGE)
    async def arrive(self) -> None:
        """When the page loads: nothing of another tenant stays, neither a question nor a link."""
        tenant_id = await self._tenant()
        if self._of != tenant_id:
            self._of, self.rows, self.loaded, self.asking = tenant_id, [], False, ""
            (await self.get_state(InvitationsState)).clear()

    @action(Permission.MANAGE)
    async def refresh(self) -> None:
        await self._read()

    @action(Permission.MANAGE)
    async def change_role(self, user_id: str, role: str) -> None:
        """Acts at once. Where it is refused, the list is read again, so that the field comes
        back."""
        change = services.members.change_role
        try:
            await call(change, await self._tenant(), str(user_id), str(role))
        finally:
            self.rows = []
            await self._again()

    @action(Permission.MANAGE)
    async def ask(self, user_id: str) -> None:
        removing = services.members.removing
        settled = await call(removing, await self._tenant(), str(user_id))
        member, receives = settled.member, settled.receives
        self.asking, self.ask_name = member.user.id, member.user.name
        self.ask_owns, self.heirs, self.heir, self.drops = (
            owned(settled),
            heirs_of(settled),
            "",
            True,
        )
        self.ask_refusal = settled.refusal
        self.ask_receives = counted(receives, "scheduled export") if receives else ""

    @action(Permission.MANAGE)
    async def choose(self, user_id: str) -> None:
        self.heir = str(user_id)

    @action(Permission.MANAGE)
    async def choose_drop(self, drops: bool) -> None:
        self.drops = bool(drops)

    @action(Permission.MANAGE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.MANAGE)
    async def remove(self) -> None:
        if not self.asking or self._of != await self._tenant():
            return
        remove, name = services.members.remove, self.ask_name
        drops = self.drops and self.ask_receives != ""
        whom = (principal(), await self._tenant(), self.asking, self.heir or None)
        await asyncio.to_thread(remove, *whom, drop_recipient=drops)
        self.asking = ""
        await notify(self, "success", f"{name} is no longer a member")
        await self._again()

    async def _read(self) -> list[Member]:
        found = await call(services.members.find, await self._tenant())
        self.rows, self.loaded = [row(one) for one in found], True
        await (await self.get_state(InvitationsState)).read()
        return found

    async def _again(self) -> None:
        found = await self._read()
        me = next((one for one in found if one.user.id == principal().user_id), None)
        if not principal().is_super_admin and (
            me is None or Permission.MANAGE not in PERMISSIONS[me.role]
        ):
            await go(self, SETTINGS)  # one's own role was changed, or one has left

    async def _tenant(self) -> str:
        return (await self.get_state(SessionState)).tenant_id


def row(one: Member) -> MemberRow:
    owns = counted(one.schedules, "scheduled export") if one.schedules else ""
    return MemberRow(
        one.user.id, one.user.name, one.user.email, str(one.role), owns, one.user.is_active
    )


@page(
    MEMBERS,
    title="Members",
    needs=Permission.MANAGE,
    load=MembersState.arrive,
    refresh=MembersState.refresh,
)
def members() -> rx.Component:
    told = rx.fragment(
        "Who may see and change what ", rx.el.b(SessionState.tenant_name), " exports"
    )
    return rx.el.div(
        top(MEMBERS, told),
        invite_card(),
        open_invitations(),
        _list(),
        _question(),
        class_name="page settings",
    )


def _list() -> rx.Component:
    people = rx.el.ul(rx.foreach(MembersState.rows, _member), class_name="plain-list", id="members")
    return rx.el.section(rx.el.h2("Members"), people, class_name="card settings-card")


def _member(one: MemberRow) -> rx.Component:
    facts = rx.el.div(
        rx.el.b(one.name),
        rx.cond(one.active, rx.fragment(), rx.el.span(" not active", class_name="tag")),
        rx.el.div(
            one.email, rx.cond(one.owns != "", f" · owns {one.owns}", ""), class_name="muted"
        ),
        class_name="grow",
    )
    role = rx.el.select(
        *[rx.el.option(words, value=key) for key, words in SELECTABLE],
        value=one.role,
        on_change=lambda wanted: MembersState.change_role(one.id, wanted),
        class_name="control role",
        custom_attrs={"aria-label": f"Role of {one.name}"},
    )
    remove = button(
        "Remove",
        kind="small",
        on_click=MembersState.ask(one.id),
        custom_attrs={"aria-label": f"Remove {one.name}"},
    )
    return rx.el.li(
        facts, rx.el.div(role, remove, class_name="row"), class_name="entry wrap-narrow", key=one.id
    )


def _question() -> rx.Component:
    state = MembersState
    return parting_question(
        state,
        title=f"Remove {state.ask_name}?",
        consequence="They see nothing of this tenant any more. Their account stays.",
        heading=f"Who should own their {state.ask_owns}?",
        keep_words="Keep",
        part=state.remove,
        part_words="Remove",
        more=rx.cond(state.ask_receives != "", _drop_choice()),
    )


def _drop_choice() -> rx.Component:
    """Left unticked, the exports go on to somebody who is no member."""
    tick = rx.el.input(
        type="checkbox",
        class_name="tick",
        checked=MembersState.drops,
        on_change=MembersState.choose_drop,
        id="drop-recipient",
    )
    words = f"Stop sending them {MembersState.ask_receives}"
    hint = "Their address is dropped from the recipients."
    text = rx.el.span(words, rx.el.span(hint, class_name="muted"), class_name="stack")
    return rx.el.label(tick, text, html_for="drop-recipient", class_name="row")
