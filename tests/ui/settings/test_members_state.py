"""The members' page without a browser."""

import asyncio

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Tenant
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.members.invitations.state import InvitationsState
from exports_app.ui.pages.settings.members.state import MembersState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule, set_role, stored


def test_an_invitation_is_sent_and_its_link_is_shown_once(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(MembersState.refresh)
        members = await tab.state(MembersState)
        page = await tab.state(InvitationsState)
        assert [(one.name, one.role) for one in members.rows] == [
            ("Admin", "admin"),
            ("Viewer", "viewer"),
        ]
        assert not page.mails
        await tab.do(InvitationsState.invite, {"email": "nobody", "role": "viewer"})
        assert set(page.errors) == {"email"}
        await tab.do(InvitationsState.invite, {"email": "new@example.com", "role": "owner"})
        assert set(page.errors) == {"role"}
        await tab.do(InvitationsState.invite, {})
        assert set(page.errors) == {"email"}
        await tab.do(InvitationsState.invite, {"email": "new@example.com", "role": "viewer"})
        assert (page.errors, page.sent, page.fresh_email) == ({}, 1, "new@example.com")
        link = page.fresh_link
        assert (
            services.invitation_acceptance.look(link.partition("#")[2]).email == "new@example.com"
        )
        (row,) = page.rows
        assert (row.email, row.role, row.by, row.expired, row.note) == (
            "new@example.com",
            "Viewer",
            "Admin",
            False,
            "",
        )
        assert len(members.rows) == 2
        await tab.do(InvitationsState.forget)
        assert (page.fresh_email, page.fresh_link) == ("", "")
        assert link not in repr(page.dict()) + repr(await tab.texts())
        await tab.do(InvitationsState.resend, row.id)
        assert page.fresh_link not in {"", link}
        await tab.do(InvitationsState.revoke, row.id)
        assert (page.rows, page.fresh_link) == ([], "")
        await tab.do(InvitationsState.revoke, row.id)
        assert (await tab.texts())[-1] == "This does not exist, or you do not have access to it"

    asyncio.run(play())


def test_with_a_mail_server_no_link_is_shown(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    mail: MailServer,
    clock: FakeClock,
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(MembersState.refresh)
        page = await tab.state(InvitationsState)
        await tab.do(InvitationsState.invite, {"email": "gone@example.com", "role": "admin"})
        assert (page.mails, page.fresh_link) == (True, "")
        assert await tab.texts() == ["Sending an invitation to gone@example.com"]
        mail.rules.refuse["gone@example.com"] = "550 5.1.1 no such user"  # type: ignore[index]
        await asyncio.to_thread(services.account_messages.send_due)
        await tab.do(MembersState.refresh)
        assert [one.note for one in page.rows] == ["The email was not delivered"]
        clock.advance(hours=72)
        await tab.do(MembersState.refresh)
        assert [(one.expired, one.note) for one in page.rows] == [(True, "")]

    asyncio.run(play())


def test_roles_change_at_once_and_a_refusal_brings_the_old_one_back(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, cast: Cast
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(MembersState.refresh)
        page = await tab.state(MembersState)
        await tab.do(MembersState.change_role, admin.user_id, "viewer")
        assert (await tab.texts())[-1].startswith("This is the tenant's last active admin")
        assert [one.role for one in page.rows] == ["admin", "viewer"]
        await tab.do(MembersState.change_role, cast.viewer.user.id, "admin")
        assert [one.role for one in page.rows] == ["admin", "admin"]

    asyncio.run(play())


def test_who_leaves_hands_over_what_they_own(
    services: Services, tab: Tab, sign_in: SignIn, acme: Tenant, cast: Cast, outsider: Principal
) -> None:
    services.members.change_role(cast.admin.who, acme.id, cast.viewer.user.id, "admin")
    second = Principal(cast.viewer.user.id, False, {acme.id: Role.ADMIN})
    schedule = make_schedule(services, cast.admin.who)

    async def play() -> None:
        await sign_in(second, acme)
        page = await tab.state(MembersState)
        await tab.do(MembersState.arrive)
        await tab.do(MembersState.ask, outsider.user_id)
        assert page.asking == ""
        await tab.do(MembersState.ask, cast.admin.user.id)
        assert (page.ask_name, page.ask_owns, [one.name for one in page.successors]) == (
            "Admin",
            "1 scheduled export",
            ["Viewer"],
        )
        await tab.do(MembersState.remove)
        assert "specify their new owner" in (await tab.texts())[-1]
        await tab.do(MembersState.choose, second.user_id)
        await tab.do(MembersState.remove)
        assert [one.name for one in page.rows] == ["Viewer"]

    asyncio.run(play())
    assert stored(services, schedule).owner_id == second.user_id


def test_nothing_of_one_tenant_stays_when_the_tab_shows_another(
    services: Services, tab: Tab, sign_in: SignIn, acme: Tenant, globex: Tenant, cast: Cast
) -> None:
    set_role(services, cast.viewer.user.id, globex.id, Role.ADMIN)
    who = Principal(cast.super_admin.user.id, is_super_admin=True)

    async def play() -> None:
        await sign_in(who, acme)
        page = await tab.state(MembersState)
        await tab.do(MembersState.arrive)
        await tab.do(MembersState.refresh)
        invitations = await tab.state(InvitationsState)
        await tab.do(InvitationsState.invite, {"email": "new@example.com", "role": "viewer"})
        await tab.do(MembersState.ask, cast.viewer.user.id)
        assert (len(invitations.rows), invitations.fresh_link != "") == (1, True)
        (await tab.state(SessionState)).tenant_id = globex.id
        await tab.do(MembersState.remove)  # asked of the other tenant
        await tab.do(MembersState.arrive)
        assert (page.asking, page.rows) == ("", [])
        assert (invitations.fresh_link, invitations.rows) == ("", [])
        await tab.do(MembersState.refresh)
        assert [one.name for one in page.rows] == ["Outsider", "Viewer"]

    asyncio.run(play())
    assert cast.viewer.user.id in {one.user.id for one in services.members.find(who, globex.id)}
    assert cast.viewer.user.id in {one.user.id for one in services.members.find(who, acme.id)}


def test_removing_a_member_offers_to_drop_their_address(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, cast: Cast
) -> None:
    leaving = cast.viewer.user
    schedule = make_schedule(services, admin, name="Weekly", recipients=(leaving.email,))

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(MembersState)
        await tab.do(MembersState.arrive)
        await tab.do(MembersState.ask, leaving.id)
        assert (page.ask_receives, page.drops) == ("1 scheduled export", True)
        await tab.do(MembersState.remove)
        assert (await tab.texts())[-1].endswith('add another one first ("Weekly")')
        assert page.asking == leaving.id
        await tab.do(MembersState.choose_drop, False)
        await tab.do(MembersState.ask, leaving.id)
        assert page.drops
        services.schedules.update(
            admin, schedule.id, {"recipients": (leaving.email, "bob@example.com")}
        )
        deleted = make_schedule(services, admin, recipients=(leaving.email,))
        services.schedules.delete(admin, deleted.id)
        await tab.do(MembersState.ask, leaving.id)
        assert page.ask_receives == "1 scheduled export and 1 deleted scheduled export"
        await tab.do(MembersState.remove)
        assert [one.name for one in page.rows] == ["Admin"]
        stopped = "no longer a recipient of 1 scheduled export and 1 deleted scheduled export"
        assert (await tab.texts())[-1].endswith(f"is no longer a member, and {stopped}")

    asyncio.run(play())
    assert stored(services, schedule).recipients == ["bob@example.com"]


def test_left_unticked_the_exports_go_on_to_them(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, cast: Cast
) -> None:
    schedule = make_schedule(services, admin, recipients=(cast.viewer.user.email,))

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(MembersState.arrive)
        await tab.do(MembersState.ask, cast.viewer.user.id)
        await tab.do(MembersState.choose_drop, False)
        await tab.do(MembersState.remove)

    asyncio.run(play())
    assert stored(services, schedule) == schedule
