"""*Undo* in the notice of a pause, an activation or a deletion."""

import asyncio
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.framework.undo import GONE, UndoState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import make_schedule, stored


async def undo(tab: Tab) -> None:
    """As the button of the newest notice does."""
    notice = (await tab.notices())[-1]
    assert (notice.link, notice.undo) == ("Undo", True)
    await tab.do(UndoState.undo, notice.id)


@pytest.fixture
def two(services: Services, admin: Principal) -> list[Schedule]:
    return [make_schedule(services, admin, name=name) for name in ("One", "Two")]


@pytest.mark.parametrize(
    ("handler", "values", "text"),
    [
        (ScheduleActions.toggle, (False,), "“One” paused"),
        (ScheduleActions.delete, (), "“One” deleted. You can restore it for 30 days"),
    ],
    ids=["pause", "delete"],
)
def test_of_one_brings_it_back(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
    handler: Any,
    values: tuple[Any, ...],
    text: str,
) -> None:
    before = stored(services, two[0])

    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        await tab.do(handler, two[0].id, *values)
        assert (await tab.texts())[-1] == text
        assert [row.name for row in listed.rows if row.active] == ["Two"]
        await undo(tab)
        assert (await tab.texts())[-1] == "Undone"
        assert {row.name for row in listed.rows if row.active} == {"One", "Two"}

    asyncio.run(play())
    assert stored(services, two[0]).next_run_at == before.next_run_at


def test_deleting_several_tells_how_many_queued_runs_were_cancelled(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
) -> None:
    for one in (two[0], two[0], two[1]):
        services.schedules.trigger(admin, one.id)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(Selection.pick_page, True)
        await tab.do(ScheduleActions.bulk, "delete")
        assert (await tab.texts())[-1] == (
            "2 scheduled exports deleted. 3 queued runs cancelled. You can restore them for 30 days"
        )

    asyncio.run(play())


@pytest.mark.parametrize("what", ["pause", "delete"])
def test_of_several_brings_all_back(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
    what: str,
) -> None:
    async def play() -> None:
        listed = await load(tab, sign_in, admin, acme)
        (await tab.state(Selection)).take({one.id: one.name for one in two})
        await tab.do(ScheduleActions.bulk, what)
        assert not [row for row in listed.rows if row.active]
        await undo(tab)
        assert len([row for row in listed.rows if row.active]) == 2

    asyncio.run(play())
    assert all(stored(services, one).is_active for one in two)


def test_one_that_was_paused_automatically_is_so_again(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
) -> None:
    from tests.world import pause

    schedule = make_schedule(services, super_admin, acme.id, name="Weekly")
    pause(services, schedule, "5 runs failed")
    before = stored(services, schedule)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.resume, schedule.id)
        assert stored(services, schedule).owner_id == admin.user_id
        await undo(tab)

    asyncio.run(play())
    after = stored(services, schedule)
    same = ("is_active", "next_run_at", "owner_id", "failures", "paused_at", "paused_reason")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]


def test_what_was_changed_since_stays_as_it_is(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
) -> None:
    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.toggle, two[0].id, False)
        services.schedules.update(admin, two[0].id, {"name": "Renamed"})
        await undo(tab)
        told = "1 not undone: “Renamed” was changed since: its latest state is kept"
        assert (await tab.texts())[-1] == told

    asyncio.run(play())
    assert not stored(services, two[0]).is_active


def test_works_once_and_only_for_what_this_tab_did(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
) -> None:
    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.delete, two[0].id)
        notice = (await tab.notices())[-1].id
        for known in (True, False):
            await tab.do(UndoState.undo, notice)
            assert ((await tab.texts())[-1] == GONE) is not known
        await tab.do(UndoState.undo, "nonsense")
        assert (await tab.texts())[-1] == GONE
        await tab.do(ScheduleActions.toggle, two[1].id, True)
        assert (await tab.texts())[-1] == GONE  # it was active: there is nothing to tell or undo

    asyncio.run(play())
    assert services


def test_comes_too_late_after_some_minutes(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    two: list[Schedule],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Runs that were missed meanwhile would be sent at once."""
    monkeypatch.setattr("exports_app.ui.framework.undo.OFFERED", -1.0)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(ScheduleActions.toggle, two[0].id, False)
        await undo(tab)
        assert (await tab.texts())[-1] == GONE

    asyncio.run(play())
    assert not stored(services, two[0]).is_active
