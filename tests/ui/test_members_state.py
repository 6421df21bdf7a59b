"""The members' page without a browser."""

import asyncio

from exports_app.domain.access import Principal, Role
from exports_app.services.records import Tenant
from exports_app.ui.pages.settings.members import MembersState
from exports_app.ui.session import Session
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule, stored


def test_somebody_new_gets_a_password_that_is_shown_once(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(MembersState.refresh)
        page = await tab.state(MembersState)
        assert [(one.name, one.role) for one in page.rows] == [("Admin", "admin"), ("Viewer", "viewer")]
        await tab.do(MembersState.add, {"email": "nobody", "name": "", "role": "viewer"})
        assert set(page.errors) == {"email"}
        await tab.do(MembersState.add, {"email": "new@example.com", "name": "New", "role": "owner"})
        assert set(page.errors) == {"role"}
        await tab.do(MembersState.add, {})
        assert set(page.errors) == {"email"}
        await tab.do(MembersState.add, {"email": "new@example.com", "name": "New", "role": "viewer"})
        assert (page.errors, page.added, page.fresh_email) == ({}, 1, "new@example.com")
        password = page.fresh_password
        assert services.auth.login("new@example.com", password, "192.0.2.1").user.must_change_password
        assert [one.name for one in page.rows] == ["Admin", "New", "Viewer"]
        await tab.do(MembersState.forget)
        assert (page.fresh_email, page.fresh_password) == ("", "")
        assert password not in repr(page.dict()) + repr(await tab.texts())

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
        assert (page.ask_name, page.ask_owns, [one.name for one in page.heirs]) == ("Admin", "1 scheduled export", ["Viewer"])
        await tab.do(MembersState.remove)
        assert "say who shall own them" in (await tab.texts())[-1]
        await tab.do(MembersState.choose, second.user_id)
        await tab.do(MembersState.remove)
        assert [one.name for one in page.rows] == ["Viewer"]

    asyncio.run(play())
    assert stored(services, schedule).owner_id == second.user_id


def test_nothing_of_one_tenant_stays_when_the_tab_shows_another(
    services: Services, tab: Tab, sign_in: SignIn, acme: Tenant, globex: Tenant, cast: Cast
) -> None:
    services.members.add(cast.super_admin.who, globex.id, cast.viewer.user.email, "", "admin")
    who = Principal(cast.super_admin.user.id, is_super_admin=True)

    async def play() -> None:
        await sign_in(who, acme)
        page = await tab.state(MembersState)
        await tab.do(MembersState.arrive)
        await tab.do(MembersState.refresh)
        await tab.do(MembersState.add, {"email": "new@example.com", "name": "New", "role": "viewer"})
        await tab.do(MembersState.ask, cast.viewer.user.id)
        assert page.fresh_password
        (await tab.state(Session)).tenant_id = globex.id
        await tab.do(MembersState.remove)  # asked of the other tenant
        await tab.do(MembersState.arrive)
        assert (page.fresh_password, page.asking, page.rows) == ("", "", [])
        await tab.do(MembersState.refresh)
        assert [one.name for one in page.rows] == ["Outsider", "Viewer"]

    asyncio.run(play())
    assert cast.viewer.user.id in {one.user.id for one in services.members.find(who, globex.id)}
    assert cast.viewer.user.id in {one.user.id for one in services.members.find(who, acme.id)}
