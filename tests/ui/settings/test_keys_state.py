"""The pages of API keys without a browser."""

import asyncio

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.settings.keys.state import KeysState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import SignIn, Tab


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
