"""Saved views of the list."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.view_filters import ViewFilters
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.view_actions import NOT_SAVED, ViewActions
from exports_app.ui.pages.scheduled_exports.list.view_content import Content, shown, stored
from exports_app.ui.pages.scheduled_exports.list.views import GONE, LOST, Views
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import make_schedule, sql

LISTED = "/scheduled-exports"


@pytest.fixture
def two(services: Services, admin: Principal) -> None:
    make_schedule(services, admin, name="One", tags=("EU",))
    make_schedule(services, admin, name="Two", is_active=False)


async def address(tab: Tab) -> str:
    return (await tab.state(BrowserCommands)).address


async def save(tab: Tab, name: str, *, share: bool = False) -> None:
    await tab.do(ViewActions.ask, "save")
    await tab.do(ViewActions.type_name, name)
    await tab.do(ViewActions.set_share, share)
    await tab.do(ViewActions.confirm)


def names(listed: ListState) -> list[str]:
    return [row.name for row in listed.rows]


@pytest.mark.usefixtures("two")
def test_a_view_is_saved_shown_modified_and_updated(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, f"{LISTED}?tags=eu&sort=name")
        await save(tab, "Europe")
        views = await tab.state(Views)
        (view,) = views.views
        assert (view.name, view.mine, view.shared, views.current) == (
            "Europe",
            True,
            False,
            view.id,
        )
        assert await address(tab) == f"{LISTED}?view={view.id}"
        await tab.do(ListState.narrow, "active", "no")
        assert views.modified
        at = f"{LISTED}?view={view.id}&active=no&tags=eu&sort=name"
        assert await address(tab) == at.replace("active=no&tags=eu", "tags=eu&active=no")
        await tab.do(ListState.narrow, "tags", "")
        await tab.do(ViewActions.update)
        assert (views.modified, names(listed)) == (False, ["Two"])

        await tab.do(ViewActions.choose, "")
        assert (views.current, listed.total, await address(tab)) == ("", 2, LISTED)
        await tab.do(ViewActions.choose, view.id)
        assert (names(listed), listed.sort) == (["Two"], "name")
        again = await load(tab, sign_in, admin, acme, f"{LISTED}?view={view.id}")
        assert (names(again), views.modified) == (["Two"], False)
        await load(tab, sign_in, admin, acme, f"{LISTED}?view={view.id}&sort=-createdAt")
        assert (again.total, views.modified) == (2, True)

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_the_views_that_all_have_are_filters(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        for built_in, shown_names, filters in (
            ("paused", ["Two"], {"active": "no"}),
            ("failing", [], {"active": "failing"}),
            ("mine", ["One", "Two"], {"owner": "me"}),
            ("", ["One", "Two"], {}),
        ):
            await tab.do(ViewActions.choose, built_in)
            assert (sorted(names(listed)), listed.filters) == (shown_names, filters)

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_a_shared_view_opens_for_a_viewer_who_cannot_change_it(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    viewer: Principal,
    acme: Tenant,
) -> None:
    async def play() -> None:
        await load(tab, sign_in, admin, acme, f"{LISTED}?active=no")
        await save(tab, "Paused ones", share=True)
        (view,) = services.saved_views.find(admin, acme.id)
        listed = await load(tab, sign_in, viewer, acme, f"{LISTED}?view={view.id}")
        views = await tab.state(Views)
        assert (names(listed), views.name) == (["Two"], "Paused ones")
        assert (views.shared, views.may_change, views.views[0].mine) == (True, False, False)
        for change in (ViewActions.update, ViewActions.set_shared):
            await tab.do(change, *([False] if change is ViewActions.set_shared else []))
        assert services.saved_views.get(admin, acme.id, view.id) == view
        assert set(await tab.texts()) == {"You do not have permission to do this"}
        await save(tab, "Mine", share=True)
        assert (await tab.state(ViewActions)).asking == "save", "it is still asked"
        await tab.do(ViewActions.set_share, False)
        await tab.do(ViewActions.confirm)
        assert [v.name for v in services.saved_views.find(viewer, acme.id)] == [
            "Mine",
            "Paused ones",
        ]

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_a_view_is_renamed_shared_and_deleted(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, f"{LISTED}?active=no")
        await save(tab, "Paused ones")
        views = await tab.state(Views)
        await tab.do(ViewActions.ask, "rename")
        assert (await tab.state(ViewActions)).typed == "Paused ones"
        await tab.do(ViewActions.submit, {"view-name": " "})
        assert (await tab.state(ViewActions)).asking == "rename"
        await tab.do(ViewActions.submit, {"view-name": "Asleep"})
        await tab.do(ViewActions.set_shared, True)
        assert [(v.name, v.shared) for v in views.views] == [("Asleep", True)]
        assert (views.name, views.shared) == ("Asleep", True)
        await tab.do(ViewActions.ask, "delete")
        await tab.do(ViewActions.confirm)
        assert (views.views, views.current) == ([], "")
        assert (names(listed), await address(tab)) == (["Two"], f"{LISTED}?active=no")
        assert services.saved_views.find(admin, acme.id) == []

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_one_that_someone_deleted_or_that_is_private_is_left(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    viewer: Principal,
    acme: Tenant,
) -> None:
    paused = ViewFilters(state="paused")
    view = services.saved_views.create(admin, acme.id, "Ours", paused, is_shared=True)

    async def play() -> None:
        listed = await load(tab, sign_in, viewer, acme, f"{LISTED}?view={view.id}")
        services.saved_views.delete(admin, acme.id, view.id)
        await tab.do(ScheduledExports.refresh)
        views = await tab.state(Views)
        assert (views.current, names(listed)) == ("", ["Two"])
        assert await address(tab) == f"{LISTED}?active=no"
        again = await load(tab, sign_in, viewer, acme, f"{LISTED}?view={view.id}&page=1")
        assert (again.total, again.failed) == (2, "")
        assert GONE in await tab.texts()

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_filters_that_exist_no_more_are_left_out_and_it_is_said(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    view = services.saved_views.create(admin, acme.id, "Old", ViewFilters(state="paused"))
    stored_filters = '{"state": "paused", "export_type": "removed"}'
    sql(services, f"UPDATE saved_views SET filters = '{stored_filters}'")

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme, f"{LISTED}?view={view.id}")
        assert names(listed) == ["Two"]
        assert (await tab.state(Views)).lost == LOST

    asyncio.run(play())


@pytest.mark.usefixtures("two")
def test_deleted_ones_are_no_view(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    view = services.saved_views.create(admin, acme.id, "Paused", ViewFilters(state="paused"))

    async def play() -> None:
        await load(tab, sign_in, admin, acme, f"{LISTED}?view={view.id}")
        actions = await tab.state(ViewActions)
        await tab.do(ListState.narrow, "active", "deleted")
        for do in (save(tab, "Gone ones"), tab.do(ViewActions.update)):
            await do
            assert NOT_SAVED in (await tab.texts())[-1]
        assert actions.asking == ""

    asyncio.run(play())
    (kept,) = services.saved_views.find(admin, acme.id)
    assert kept.filters == {"state": "paused"}


def test_what_a_view_keeps_comes_back_as_it_was() -> None:
    filters = {"active": "stopped", "type": "campaigns", "format": "csv", "status": "failed"}
    filters |= {"owner": "none", "tags": "EU,Finance"}
    for content in (Content("weekly", filters, "name"), Content()):
        assert shown(stored(content)) == content
