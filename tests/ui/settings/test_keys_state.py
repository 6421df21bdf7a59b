"""The pages of API keys without a browser."""

import asyncio
from dataclasses import replace

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Action, Membership, Tenant
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice
from exports_app.ui.pages.settings.keys.state import CONFIRM, ONLY_OF_SCHEDULES, KeysState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import SignIn, Tab
from tests.world import PASSWORD, Cast, make_schedule, sql
from tests.world import sign_in as session_of


def test_a_key_is_shown_once_and_then_in_no_state(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(KeysState.arrive)
        await tab.do(KeysState.refresh)
        page = await tab.state(KeysState)
        assert (page.rows, page.loaded) == ([], True)
        await tab.do(KeysState.create, {})
        assert set(page.errors) == {"key-name", "key-scopes"}
        form = {"key-name": "Nightly", "key-exports.read": "on", "key-exports.write": "on"}
        await tab.do(KeysState.create, form | {"key-expiry": "30", "key-here": "on"})
        key = page.fresh
        who = services.auth.principal(key)
        assert (who.user_id, who.key and who.key.tenants) == (admin.user_id, {acme.id})
        (row,) = page.rows
        assert (row.name, row.may, row.limits, row.state, row.prefix) == (
            "Nightly",
            "Read exports, Change and run exports",
            "only 1 tenant",
            "active",
            f"{key[:8]}…",
        )
        await tab.do(KeysState.forget)
        assert key not in repr(page.dict()) + repr(await tab.texts())
        await tab.do(KeysState.create, form)
        assert page.fresh not in {"", key}
        await tab.do(KeysState.arrive)
        assert page.fresh == ""

    asyncio.run(play())


def test_revoking_asks_first_and_says_so_of_the_tenants_last_key(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(KeysState.arrive_at_tenant)
        page = await tab.state(KeysState)
        for name in ("One", "Two"):
            form = {"key-name": name, "key-exports.read": "on", "key-expiry": "", "key-here": "on"}
            await tab.do(KeysState.create, form)
        tokens = {row.name: row for row in page.rows}
        assert tokens["One"].expires_at == ""
        await tab.do(KeysState.ask, tokens["One"].id)
        assert (page.ask_name, page.ask_last) == ("One", False)
        await tab.do(KeysState.keep)
        await tab.do(KeysState.revoke)
        assert [row.state for row in page.rows] == ["active", "active"]
        await tab.do(KeysState.ask, tokens["One"].id)
        await tab.do(KeysState.revoke)
        await tab.do(KeysState.ask, tokens["Two"].id)
        assert page.ask_last
        await tab.do(KeysState.revoke)
        assert [row.state for row in page.rows] == ["revoked", "revoked"]
        assert await tab.texts() == ["“One” was revoked", "“Two” was revoked"]
        # One's own are others
        await tab.do(KeysState.arrive)
        await tab.do(KeysState.refresh)
        assert page.rows == []

    asyncio.run(play())


def test_who_does_not_manage_the_tenant_sees_none_of_its_keys(
    tab: Tab, sign_in: SignIn, viewer: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(viewer, acme)
        await tab.do(KeysState.arrive_at_tenant)
        await tab.do(KeysState.create, {"key-name": "x", "key-exports.read": "on"})
        await tab.do(KeysState.refresh)
        page = await tab.state(KeysState)
        assert (page.rows, page.fresh) == ([], "")
        assert set(await tab.texts()) == {"You do not have permission to do this"}

    asyncio.run(play())


def test_what_expires_within_a_week_says_so(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(KeysState.arrive)
        page = await tab.state(KeysState)
        form = {"key-name": "x", "key-exports.read": "on", "key-expiry": "30"}
        await tab.do(KeysState.create, form)
        states = []
        for days in (22, 1, 7):
            clock.advance(days=days)
            await tab.do(KeysState.refresh)
            states.append(page.rows[0].state)
        assert states == ["active", "soon", "expired"]

    asyncio.run(play())


def test_a_key_is_limited_to_chosen_scheduled_exports(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    made = [
        make_schedule(services, admin, acme.id, name=name) for name in ("Alpha", "Beta", "Gamma")
    ]
    make_schedule(services, admin, acme.id, name="Other")

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(KeysState.arrive)
        page, schedules = await tab.state(KeysState), await tab.state(ScheduleChoice)
        await tab.do(ScheduleChoice.opened, True)
        assert [option.name for option in schedules.options] == ["Alpha", "Beta", "Gamma", "Other"]
        await tab.do(ScheduleChoice.search, "gam")
        assert [option.name for option in schedules.options] == ["Gamma"]
        await tab.do(ScheduleChoice.toggle, made[2].id)
        assert [option.chosen for option in schedules.options] == [True]
        await tab.do(ScheduleChoice.search, "")
        for schedule in (made[0], made[1], made[1]):
            await tab.do(ScheduleChoice.toggle, schedule.id)
        await tab.do(ScheduleChoice.toggle, "not shown")
        assert [option.name for option in schedules.chosen] == ["Gamma", "Alpha"]
        assert [option.chosen for option in schedules.options] == [True, False, True, False]
        form = {"key-name": "Two", "key-exports.read": "on", "key-here": "on"}
        await tab.do(KeysState.create, form | {"key-tenant.manage": "on"})
        assert page.errors == {"key-scopes": ONLY_OF_SCHEDULES}
        await tab.do(KeysState.create, form)
        who = services.auth.principal(page.fresh)
        assert who.key
        assert who.key.schedules == {made[0].id, made[2].id}
        assert page.rows[0].limits == "only 2 scheduled exports"
        assert schedules.chosen == []
        await tab.do(KeysState.create, form)
        again = services.auth.principal(page.fresh)
        assert again.key
        assert again.key.schedules is None

    asyncio.run(play())


def test_what_was_chosen_in_one_tenant_is_not_chosen_in_another(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast
) -> None:
    with services.store.write() as tx:
        tx.users.join(Membership(cast.admin.user.id, cast.globex.id, Role.ADMIN))
    roles = dict.fromkeys((cast.acme.id, cast.globex.id), Role.ADMIN)
    who = replace(cast.admin.who, roles=roles)
    schedule = make_schedule(services, who, cast.acme.id)

    async def play() -> None:
        await sign_in(who, cast.acme)
        await tab.do(SessionState.enter)
        choice = await tab.state(ScheduleChoice)
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, schedule.id)
        assert [each.id for each in choice.chosen] == [schedule.id]
        actions.begin(Actor(who, session_of(services, cast.admin.user), cast.acme.id))
        await tab.do(SessionState.switch, cast.globex.id)
        assert (choice.chosen, choice.options) == ([], [])

    asyncio.run(play())


def test_a_chosen_one_that_is_gone_is_named_and_no_more_than_the_most_are_chosen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "KEY_SCHEDULES", 2)
    gone, other, third = (make_schedule(services, admin, acme.id, name=name) for name in "ABC")

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(KeysState.arrive_at_tenant)
        page, schedules = await tab.state(KeysState), await tab.state(ScheduleChoice)
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, gone.id)
        await tab.do(ScheduleChoice.toggle, other.id)
        assert schedules.is_full
        await tab.do(ScheduleChoice.toggle, third.id)
        assert [option.name for option in schedules.chosen] == ["A", "B"]
        services.schedules.delete(admin, gone.id)
        await tab.do(KeysState.create, {"key-name": "One", "key-exports.read": "on"})
        assert set(page.errors) == {"key-schedules"}
        await tab.do(ScheduleChoice.clear)
        assert schedules.chosen == []
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, other.id)
        await tab.do(KeysState.arrive)
        assert schedules.chosen == []

    asyncio.run(play())


def test_an_old_sign_in_makes_a_key_with_the_password_alone(
    services: Services, tab: Tab, cast: Cast, acme: Tenant, clock: FakeClock
) -> None:
    session = session_of(services, cast.admin.user)
    form = {"key-name": "x", "key-exports.read": "on"}

    async def enter() -> None:
        visit = services.sessions.visit(session)
        assert visit is not None
        actions.begin(Actor(visit.who, session, acme.id))
        await tab.do(SessionState.enter)

    async def play() -> None:
        await enter()
        await tab.do(KeysState.arrive)
        page = await tab.state(KeysState)
        await tab.do(KeysState.create, form | {"key-password": "not needed, so not checked"})
        assert (len(page.rows), page.asks_password, page.errors) == (1, False, {})
        clock.advance(hours=2)
        await tab.do(KeysState.create, form)  # the page is still open
        assert (page.asks_password, page.errors) == (True, {"key-password": CONFIRM})
        await tab.do(KeysState.arrive)
        assert (page.asks_password, page.errors) == (True, {})
        wrong = form | {"key-password": "wrong one"}
        await tab.do(KeysState.create, wrong)
        assert page.errors == {"key-password": "This is not your password"}
        await tab.do(KeysState.create, form | {"key-password": PASSWORD})
        assert (len(page.rows), page.errors) == (2, {})
        assert PASSWORD not in repr(page.dict())
        await tab.do(KeysState.forget)
        for _ in range(12):
            await tab.do(KeysState.create, wrong)
        await tab.do(KeysState.create, form | {"key-password": PASSWORD})
        assert page.errors["key-password"].startswith("Too many wrong passwords: wait")
        await tab.do(KeysState.refresh)
        assert (len(page.rows), page.fresh) == (2, "")

    asyncio.run(play())
    services.repeated_entries.flush(last=True)
    found = "SELECT count(*) FROM audit_entries WHERE action = ?"
    assert sql(services, found, Action.CURRENT_PASSWORD_WRONG)[0][0] > 0
