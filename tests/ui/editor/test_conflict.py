"""What someone else saved while the form was open."""

import asyncio
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.editor import merge
from exports_app.ui.pages.scheduled_exports.editor.conflict import ConflictState
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.preview import SchedulePanel
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import opened, put
from tests.world import Cast, make_schedule, stored


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(
        services, admin, name="Weekly", schedule="0 9 * * 1", recipients=("ann@example.com",)
    )


async def change(services: Services, who: Principal, it: Schedule, **values: Any) -> None:
    await asyncio.to_thread(services.schedules.update, who, it.id, values)


async def rows(tab: Tab) -> dict[str, tuple[str, str, str, str]]:
    shown = (await tab.state(ConflictState)).differences
    return {one.name: (one.who, one.mine, one.theirs, one.choice) for one in shown}


def test_a_save_is_refused_until_it_is_chosen_whose_change_to_keep(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    cast: Cast,
    schedule: Schedule,
) -> None:
    theirs: dict[str, Any] = {
        "name": "Theirs",
        "schedule": "0 17 * * 5",
        "recipients": ("bob@example.com", "cat@example.com"),
    }

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine", when_empty="skip")
        await tab.do(Fields.add_recipients, "dan@example.com")
        await change(services, cast.super_admin.who, schedule, **theirs)
        await tab.do(EditorState.save)
        sue = cast.super_admin.user.name
        assert await rows(tab) == {
            "name": (sue, "Mine", "Theirs", ""),
            # Not touched here: taken
            "schedule": (
                sue,
                "Every Monday at 09:00 (0 9 * * 1)",
                "Every Friday at 17:00 (0 17 * * 5)",
                "theirs",
            ),
            "recipients": (
                sue,
                "ann@example.com, dan@example.com",
                "bob@example.com, cat@example.com",
                "",
            ),
        }
        assert (await tab.state(ConflictState)).who == sue
        assert draft.values["schedule"] == "0 17 * * 5"
        assert (await tab.state(RepeatState)).weekdays == ["5"]
        assert (await tab.state(SchedulePanel)).words == "Every Friday at 17:00"
        assert (draft.is_open, draft.focus.split("#")[0]) == (True, "conflict")
        await tab.do(EditorState.save)
        assert draft.is_open
        await tab.do(ConflictState.choose, "recipients", "theirs")
        await tab.do(ConflictState.choose, "name", "theirs")
        assert draft.values["name"] == "Theirs"
        await tab.do(ConflictState.choose, "name", "mine")
        assert draft.values["name"] == "Mine"
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    now = stored(services, schedule)
    assert (now.name, now.schedule, now.when_empty) == ("Mine", "0 17 * * 5", "skip")
    assert now.recipients == ["bob@example.com", "cat@example.com"]


def test_it_shows_before_anyone_saves_and_all_can_be_chosen_at_once(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    schedule: Schedule,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine", format="json")
        await change(services, admin, schedule, name="Theirs", format="xml", timezone="UTC")
        await tab.do(ScheduledExports.refresh)
        assert (await rows(tab)).keys() == {"name", "format", "timezone"}
        assert draft.unsettled
        await put(tab, name="Mine, typed on")
        await tab.do(ConflictState.choose_all, "theirs")
        shown = (draft.values["name"], draft.values["format"], draft.values["timezone"])
        assert shown == ("Theirs", "xml", "UTC")
        assert not draft.dirty
        await tab.do(ConflictState.choose_all, "mine")
        assert draft.values["name"] == "Mine, typed on"
        assert draft.values["timezone"] == "Europe/Berlin"
        await tab.do(ConflictState.choose, "timezone", "theirs")
        await put(tab, timezone="Asia/Tokyo")  # by hand: one's own again
        assert (await rows(tab))["timezone"][1:] == ("Asia/Tokyo", "UTC", "mine")
        await change(services, admin, schedule, name="Theirs again")
        await tab.do(EditorState.save)
        assert (await rows(tab))["name"][2:] == ("Theirs again", "")
        await tab.do(ConflictState.choose, "name", "mine")
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    now = stored(services, schedule)
    assert (now.name, now.format, now.timezone) == ("Mine, typed on", "json", "Asia/Tokyo")


def test_a_change_of_what_is_not_in_the_form_stops_no_save(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    schedule: Schedule,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine")
        with services.store.write() as tx:
            tx.schedules.change(schedule.id, {"version": schedule.version + 1})
        await tab.do(EditorState.save)
        assert not draft.is_open
        assert await rows(tab) == {}

    asyncio.run(play())
    assert stored(services, schedule).name == "Mine"


def test_a_restored_form_asks_again_where_nobody_had_chosen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    schedule: Schedule,
) -> None:
    async def play() -> None:
        await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine")
        await change(services, admin, schedule, name="Theirs")
        await tab.do(ScheduledExports.refresh)
        kept = (await tab.state(DraftState)).kept
        later = Tab()
        await later.do(SessionState.enter)
        await later.do(EditorState.restore, kept)
        assert (await rows(later))["name"][1:] == ("Mine", "Theirs", "")
        await later.do(EditorState.save)
        assert (await later.state(DraftState)).is_open

    asyncio.run(play())
    assert stored(services, schedule).name == "Theirs"


def test_only_what_differs_can_be_chosen(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    schedule: Schedule,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="Mine")
        await change(services, admin, schedule, name="Theirs")
        await tab.do(ScheduledExports.refresh)
        before = draft.content()
        for name, choice in (("format", "theirs"), ("name", "nobody's"), ("is_active", "mine")):
            await tab.do(ConflictState.choose, name, choice)
        assert (draft.content(), draft.unsettled) == (before, True)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("description", "", "Empty"),
        ("description", "x" * 300, "x" * merge.SHOWN),
        ("format", "excel", "Excel (.xlsx)"),
        ("period", "dates", "Between two dates"),
        ("schedule", "nonsense", "nonsense"),
        ("when_empty", "skip", "Skip the run, send nothing"),
        ("retry_attempts", "", "default"),
        ("is_active", False, "Paused"),
        ("campaigns", [], "All campaigns"),
        ("campaigns", ["1", "2"], "Spring, a deleted campaign"),
        ("recipients", list("abcdefg"), "a, b, c, d, e and 2 others"),
        ("recipients", [], "Nobody"),
    ],
)
def test_values_are_shown_as_people_read_them(name: str, value: Any, shown: str) -> None:
    assert merge.words(name, value, {"1": "Spring"}) == shown


def test_all_that_can_be_set_in_the_form_is_compared(schedule: Schedule) -> None:
    assert merge.stored_content(schedule).keys() == merge.LABELS.keys()
