"""Pages that the server refreshes together: what is read for one of them, and what is sent."""

import asyncio
import time
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Page, Schedule, User
from exports_app.ui.framework.guard import LOAD
from exports_app.ui.framework.refresh_group import Group
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.list.rows import shown
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import Tab
from tests.ui.framework.guarded import REFRESH, Guarded
from tests.world import Cast, make_schedule, set_role

LIST = ListState.get_full_name()


@pytest.fixture
def weekly(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, name="Weekly")


@pytest.fixture
def asked(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of which tenant a list was asked for, each time, and for a session."""
    calls = list[str]()
    page, visit = services.schedule_listing.page, services.sessions.visit

    def counted_page(who: Principal, tenant_id: str, *args: Any, **kwargs: Any) -> Any:
        calls.append(f"list of {tenant_id}")
        return page(who, tenant_id, *args, **kwargs)

    def counted_visit(*args: Any, **kwargs: Any) -> Any:
        calls.append("session")
        return visit(*args, **kwargs)

    monkeypatch.setattr(services.schedule_listing, "page", counted_page)
    monkeypatch.setattr(services.sessions, "visit", counted_visit)
    return calls


async def _open(guarded: Guarded) -> Guarded:
    for handler in (SessionState.enter, ScheduledExports.arrive, ScheduledExports.refresh):
        name = f"{handler.state.get_full_name()}.{handler.fn.__name__}"
        assert await guarded.event(name) is None
        await guarded.tab.do(handler)
    guarded.tab.root._clean()
    return guarded


async def _refresh(*pages: Guarded) -> list[dict[str, Any]]:
    """What each is sent, refreshed in one group."""
    group = Group(time.monotonic())
    return list(await asyncio.gather(*(_push(page, group) for page in pages)))


async def _push(page: Guarded, group: Group) -> dict[str, Any]:
    page.group = group
    refused = await page.event(REFRESH, pushed=True)
    if refused is not None:
        return {"events": [event.name for event in refused.events]}
    await page.tab.do(ScheduledExports.refresh)
    delta = await page.tab.root._get_resolved_delta()
    page.tab.root._clean()
    return delta


async def _names(page: Guarded) -> list[str]:
    return [row.name for row in (await page.tab.state(ListState)).rows]


async def _tabs(services: Services, *users: User) -> list[Guarded]:
    """Two of each user, of one session."""
    pages = list[Guarded]()
    for user in users:
        first, second = Guarded(Tab()), Guarded(Tab())
        first.as_user(services, user)
        second.tab.root.router_data = dict(first.tab.root.router_data)
        pages += [await _open(first), await _open(second)]
    return pages


def test_nothing_is_sent_where_nothing_changed(
    guarded: Guarded, services: Services, cast: Cast, weekly: Schedule
) -> None:
    async def play() -> None:
        guarded.as_user(services, cast.admin.user)
        await _open(guarded)
        assert await _refresh(guarded) == [{}]

    asyncio.run(play())
    assert weekly


def test_only_the_rows_are_sent_where_a_name_changed(
    guarded: Guarded, services: Services, cast: Cast, admin: Principal, weekly: Schedule
) -> None:
    async def play() -> None:
        guarded.as_user(services, cast.admin.user)
        await _open(guarded)
        services.schedules.update(admin, weekly.id, {"name": "Monthly"})
        [sent] = await _refresh(guarded)
        assert sent.keys() == {LIST}
        assert [key.removesuffix("_rx_state_") for key in sent[LIST]] == ["rows"]
        assert await _names(guarded) == ["Monthly"]

    asyncio.run(play())


@pytest.mark.usefixtures("tab")
def test_a_tenants_list_is_read_once_and_each_session_once(
    services: Services,
    cast: Cast,
    admin: Principal,
    weekly: Schedule,
    asked: list[str],
) -> None:
    async def play() -> None:
        users = cast.admin.user, cast.viewer.user, cast.outsider.user
        pages = await _tabs(services, *users)
        services.schedules.update(admin, weekly.id, {"name": "Monthly"})
        asked.clear()
        await _refresh(*pages)
        lists = [f"list of {tenant.id}" for tenant in (cast.acme, cast.globex)]
        assert sorted(asked) == sorted([*lists, *["session"] * 3])
        assert [await _names(page) for page in pages] == [["Monthly"]] * 4 + [[]] * 2

    asyncio.run(play())


@pytest.mark.usefixtures("tab")
def test_an_answer_is_not_shared_with_who_may_not_see_the_tenant(
    services: Services, cast: Cast, weekly: Schedule
) -> None:
    async def play() -> None:
        admin, outsider = (await _tabs(services, cast.admin.user, cast.outsider.user))[::2]
        (await outsider.tab.state(SessionState)).tenant_id = cast.acme.id
        await _refresh(admin, outsider)
        assert await _names(admin) == ["Weekly"]
        assert await _names(outsider) == []
        assert (await outsider.tab.state(ListState)).failed

    asyncio.run(play())
    assert weekly


@pytest.mark.usefixtures("tab")
def test_rights_are_read_again_for_each_group(
    services: Services, cast: Cast, weekly: Schedule
) -> None:
    async def play() -> None:
        pages = await _tabs(services, cast.admin.user)
        assert await _refresh(*pages) == [{}, {}]
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        assert await _refresh(*pages) == [{"events": [LOAD]}] * 2
        assert [await _names(page) for page in pages] == [[], []]

    asyncio.run(play())
    assert weekly


def test_rows_are_made_once_for_each_reading(
    services: Services, admin: Principal, cast: Cast, weekly: Schedule
) -> None:

    first, second = (
        services.schedule_listing.page(admin, cast.acme.id, {}, "", Page(), fresh=True)
        for _ in range(2)
    )
    assert shown(first) is shown(first)
    assert shown(second) is not shown(first)
    assert [row.id for row in shown(first).rows] == [weekly.id]
