"""Choosing how often it runs, without cron."""

import asyncio
from calendar import isleap
from datetime import date

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.preview import SchedulePanel
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import only_schedule, opened, put
from tests.world import make_schedule


async def choose(tab: Tab, **values: str) -> None:
    for name, value in values.items():
        await tab.do(Fields.repeat, name, value)


def test_choosing_writes_the_expression_and_the_preview_says_it(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        panel, chosen = await tab.state(SchedulePanel), await tab.state(RepeatState)
        assert (chosen.rhythm, chosen.weekdays, chosen.time) == ("weekly", ["1"], "09:00")
        for values, expression, words in (
            ({"weekday": "4", "time": "17:30"}, "30 17 * * 1,4", "Every Monday and Thursday at"),
            ({"rhythm": "daily"}, "30 17 * * *", "Every day at 17:30"),
            ({"rhythm": "monthly"}, "30 17 1 * *", "Monthly on the 1st at 17:30"),
            ({"which": "last"}, "30 17 L * *", "Monthly on the last day at 17:30"),
            ({"day": "workday"}, "30 17 LW * *", "Monthly on the last weekday (Monday to Fri"),
            ({"day": "5"}, "30 17 * * 5L", "Monthly on the last Friday at 17:30"),
            ({"which": "2", "day": "3"}, "30 17 * * 3#2", "Monthly on the second Wednesday at"),
            ({"rhythm": "quarterly"}, "30 17 * 1,4,7,10 3#2", "On the second Wednesday of Jan"),
            ({"which": "date", "month": "3"}, "30 17 1 3,6,9,12 *", "On the 1st of March, June"),
            ({"rhythm": "hours"}, "30 * * * *", "Every hour at minute 30"),
            ({"step": "6", "minute": "5"}, "5 */6 * * *", "Every 6 hours at minute 5"),
            ({"rhythm": "minutes", "step": "15"}, "*/15 * * * *", "Every 15 minutes"),
            ({"rhythm": "weekly"}, "5 17 * * 1,4", "Every Monday and Thursday at 17:05"),
        ):
            await choose(tab, **values)
            assert draft.values["schedule"] == expression
            assert panel.words.startswith(words), panel.words
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)

    asyncio.run(play())
    assert only_schedule(services).schedule == "5 17 * * 1,4"


def test_an_expression_shows_as_the_choice_it_fits_and_any_other_as_a_custom_one(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, schedule="15 7 * * FRIL")

    async def play() -> None:
        await opened(tab, sign_in, admin, acme, schedule.id)
        chosen = await tab.state(RepeatState)
        shown = (chosen.rhythm, chosen.which, chosen.day, chosen.time)
        assert shown == ("monthly", "last", "5", "07:15")
        await put(tab, schedule="0 9,17 * * *")
        assert chosen.rhythm == "custom"
        await put(tab, schedule="0 9,17 * *")
        assert chosen.rhythm == "custom"
        await tab.do(Fields.choose_preset, "0 */3 * * *")
        assert (chosen.rhythm, chosen.step, chosen.minute) == ("hours", "3", "0")
        await put(tab, schedule="0 9 31 * *")
        assert (chosen.rhythm, chosen.which, chosen.day, chosen.skips) == (
            *("monthly", "date", "31"),
            True,
        )
        await choose(tab, day="28")
        assert not chosen.skips

    asyncio.run(play())


def test_custom_is_kept_until_the_expression_changes_and_a_form_opens_afresh(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        chosen = await tab.state(RepeatState)
        await choose(tab, rhythm="custom")
        await put(tab, timezone="UTC")
        assert (chosen.rhythm, draft.values["schedule"]) == ("custom", "0 9 * * 1")
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.begin, "")
        assert chosen.rhythm == "weekly"

    asyncio.run(play())
    assert services


def test_a_time_is_completed_when_its_field_is_left_and_not_before(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        chosen = await tab.state(RepeatState)
        await choose(tab, time="930")
        assert (chosen.time, draft.values["schedule"]) == ("930", "30 9 * * 1")
        await tab.do(Fields.settle_time)
        assert chosen.time == "09:30"

    asyncio.run(play())


def test_a_wrong_time_or_no_weekday_is_not_saved_as_what_was_chosen_before(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, schedule="0 9 * * 1")

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        chosen = await tab.state(RepeatState)
        await put(tab, name="Another")
        await choose(tab, time="25")
        await tab.do(EditorState.save)
        assert (draft.is_open, draft.focus.split("#")[0]) == (True, "repeat_time")
        await tab.do(Fields.settle_time)
        assert (chosen.time, list(chosen.errors)) == ("25", ["repeat_time"])
        await choose(tab, time="8:00", weekday="1")
        assert list(chosen.errors) == ["repeat_weekdays"]
        await tab.do(EditorState.save)
        assert (draft.is_open, draft.focus.split("#")[0]) == (True, "repeat_weekdays")
        await choose(tab, rhythm="daily")
        assert chosen.errors == {}
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).schedule == "0 8 * * *"


@pytest.mark.parametrize(
    "values",
    [
        {"rhythm": "yearly"},
        {"step": "7"},
        {"day": "32"},
        {"weekday": "9"},
        {"month": "0"},
        {"which": "9"},
        {"schedule": "* * * * *"},
        {"minute": "1 * * * *"},
    ],
)
def test_what_the_form_does_not_offer_changes_nothing(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, values: dict[str, str]
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await choose(tab, rhythm="hours" if "step" in values else "quarterly")
        await choose(tab, **({"rhythm": "weekly"} if "weekday" in values else {}))
        before = draft.values["schedule"]
        await choose(tab, **values)
        assert (await tab.state(DraftState)).values["schedule"] == before
        assert (await tab.texts())[-1:] != []

    asyncio.run(play())


def test_emails_are_counted_where_they_are_many_and_a_run_each_minute_is_warned_about(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await tab.do(Fields.add_recipients, "ann@example.com, bob@example.com, boss@exa_mple")
        assert (draft.frequency, draft.too_often) == ("", False)
        await put(tab, schedule="* * * * *")
        assert draft.frequency == "This runs every minute: 2,880 emails a day to 2 people."
        assert draft.too_often
        await tab.do(Fields.drop_recipient, "boss@exa_mple")
        await put(tab, name="Often", schedule="0 * * * *")
        assert draft.frequency == "This sends 48 emails a day to 2 people."
        assert not draft.too_often
        await put(tab, schedule="* * * *")
        assert draft.frequency == ""
        await put(tab, schedule="* * * * *")
        await tab.do(EditorState.save)  # it is a warning, and stops nobody

    asyncio.run(play())
    assert only_schedule(services).schedule == "* * * * *"


def test_next_runs_of_another_year_say_so(
    clock: FakeClock, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await opened(tab, sign_in, admin, acme)
        panel, year = await tab.state(SchedulePanel), clock().year
        await put(tab, schedule="0 9 29 2 *")
        assert [run.text for run in panel.runs] == [
            f"{at:%a} 29 Feb {at.year}, 09:00"
            for at in (date(y, 2, 29) for y in range(year, year + 30) if isleap(y))
            if at > clock().date()
        ][:5]
        await put(tab, schedule="* * * * *")
        assert not any(str(year) in run.text for run in panel.runs)

    asyncio.run(play())
