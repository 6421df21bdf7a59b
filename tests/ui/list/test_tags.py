"""Tags and owners in the list."""

import asyncio

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Membership, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.choices import Choices
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import Cast, make_schedule, set_role, sql


@pytest.fixture
def second(services: Services, cast: Cast, acme: Tenant) -> Principal:
    with services.store.write() as tx:
        tx.users.join(Membership(cast.outsider.user.id, acme.id, Role.ADMIN))
    return Principal(cast.outsider.user.id, roles={acme.id: Role.ADMIN})


def test_the_order_by_owner_stands_in_the_address_and_is_what_is_selected(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    second: Principal,
    acme: Tenant,
) -> None:
    for who, user_name, names in ((admin, "zoe", ("b", "a")), (second, "Åsa", ("d", "c"))):
        sql(services, "UPDATE users SET name = ? WHERE id = ?", user_name, who.user_id)
        for name in names:
            make_schedule(services, who, acme.id, name=name)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        selection = await tab.state(Selection)
        for order in ("cdab", "badc"):
            await tab.do(ListState.order, "owner")
            assert "".join(r.name for r in listed.rows) == order
            await tab.do(ListState.pick_matching)
            assert "".join(selection.chosen().values()) == order
        address = (await tab.state(BrowserCommands)).address
        assert address == "/scheduled-exports?sort=-owner"
        again = await load(tab, sign_in, admin, acme, address)
        assert "".join(r.name for r in again.rows) == "badc"
        await tab.do(ListState.narrow, "owner", second.user_id)
        assert ["".join(r.name for r in listed.rows), listed.total] == ["dc", 2]

    asyncio.run(play())


def test_rows_show_tags_and_owner_and_the_list_is_narrowed_by_them(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    second: Principal,
    viewer: Principal,
    acme: Tenant,
    cast: Cast,
) -> None:
    make_schedule(services, admin, name="One", tags=("Finance", "EU"))
    make_schedule(services, second, acme.id, name="Two", tags=("finance",))

    async def play() -> None:
        listed = await load(tab, sign_in, viewer, acme, "/scheduled-exports?sort=name")
        assert [(r.name, r.tags, r.owner) for r in listed.rows] == [
            ("One", ["Finance", "EU"], cast.admin.user.name),
            ("Two", ["finance"], cast.outsider.user.name),
        ]
        choices = await tab.state(Choices)
        assert [tag.lower() for tag in choices.tags] == ["eu", "finance"]
        people = [cast.admin.user, cast.outsider.user]
        assert [(o.id, o.name) for o in choices.owners] == [(p.id, p.name) for p in people]
        await tab.do(ListState.tag, "FINANCE")
        assert [r.name for r in listed.rows] == ["One", "Two"]
        await tab.do(ListState.tag, "eu")
        assert [r.name for r in listed.rows] == ["One"]
        address = (await tab.state(BrowserCommands)).address
        assert address == "/scheduled-exports?tags=FINANCE%2Ceu&sort=name"
        again = await load(tab, sign_in, viewer, acme, address)
        assert ([r.name for r in again.rows], again.tags) == (["One"], ["FINANCE", "eu"])
        await tab.do(ListState.tag, "EU", False)
        await tab.do(ListState.narrow, "owner", second.user_id)
        assert [r.name for r in listed.rows] == ["Two"]
        await tab.do(ListState.clear)
        assert (listed.total, listed.tags) == (2, [])

    asyncio.run(play())


def test_mine_are_those_of_who_looks_and_lost_ones_those_without_access(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    second: Principal,
    acme: Tenant,
) -> None:
    make_schedule(services, admin, name="One")
    make_schedule(services, second, acme.id, name="Two")

    async def play() -> None:
        address = "/scheduled-exports?owner=me"
        assert [r.name for r in (await load(tab, sign_in, admin, acme, address)).rows] == ["One"]
        await tab.do(ListState.narrow, "owner", "none")
        listed = await tab.state(ListState)
        assert listed.rows == []
        set_role(services, second.user_id, acme.id, Role.VIEWER)
        await tab.do(ListState.again)
        assert [r.name for r in listed.rows] == ["Two"]

    asyncio.run(play())


@pytest.mark.parametrize("query", ["owner=x", "tags=", "tags=a,,b", f"tags={'x' * 41}"])
def test_nonsense_is_left_out(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, query: str
) -> None:
    make_schedule(services, admin)

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, f"/scheduled-exports?{query}")
        assert (listed.filters, listed.total, listed.failed) == ({}, 1, "")

    asyncio.run(play())
