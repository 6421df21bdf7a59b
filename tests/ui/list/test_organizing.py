"""Tags and owners of several schedules at once."""

import asyncio

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Membership, Schedule, Tenant
from exports_app.ui.pages.scheduled_exports.list.organizing import Organizing
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import Cast, make_schedule, stored


@pytest.fixture
def two(services: Services, admin: Principal) -> list[Schedule]:
    return [make_schedule(services, admin, name=name, tags=("EU",)) for name in ("One", "Two")]


def test_tags_are_added_to_and_removed_from_the_selected_ones(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
) -> None:
    def tags() -> list[list[str]]:
        return [stored(services, schedule).tags for schedule in two]

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(Selection.pick_page, True)
        await tab.do(Organizing.ask, "add")
        asked = await tab.state(Organizing)
        assert (asked.asking, asked.what) == ("add", "2 scheduled exports")
        await tab.do(Organizing.type_tags, "Weekly, " + "x" * 41)
        await tab.do(Organizing.confirm)
        assert (asked.asking, tags()) == ("add", [["EU"]] * 2)
        await tab.do(Organizing.type_tags, "Weekly, eu")
        await tab.do(Organizing.confirm)
        assert (asked.asking, tags()) == ("", [["EU", "Weekly"]] * 2)
        assert [row.tags for row in listed.rows] == tags()
        await tab.do(Selection.pick, two[0].id, True)
        await tab.do(Organizing.ask, "remove")
        await tab.do(Organizing.submit, {"bulk-tags": " , "})
        assert asked.asking == "remove"
        await tab.do(Organizing.submit, {"bulk-tags": "weekly"})
        assert tags() == [["EU"], ["EU", "Weekly"]]
        texts = await tab.texts()
        for text in ("Tags added to 2 scheduled exports", "Tags removed from “One”"):
            assert text in texts

    asyncio.run(play())


def test_one_is_transferred_to_another_admin(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    cast: Cast,
    two: list[Schedule],
) -> None:
    new = cast.outsider.user
    with services.store.write() as tx:
        tx.users.join(Membership(new.id, acme.id, Role.ADMIN))

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(Organizing.ask, "transfer", two[0].id)
        asked = await tab.state(Organizing)
        assert {person.id for person in asked.people} == {admin.user_id, new.id}
        await tab.do(Organizing.choose_owner, cast.viewer.user.id)
        await tab.do(Organizing.confirm)
        assert [stored(services, one).owner_id for one in two] == [admin.user_id] * 2
        await tab.do(Organizing.ask, "transfer", two[0].id)
        await tab.do(Organizing.choose_owner, new.id)
        await tab.do(Organizing.confirm)
        assert [stored(services, one).owner_id for one in two] == [new.id, admin.user_id]
        assert {row.name: row.owner for row in listed.rows}["One"] == new.name
        assert f"“One” transferred to {new.name}" in await tab.texts()

    asyncio.run(play())
