"""What the history says of the schedule itself, and what one does to it there."""

import asyncio
from datetime import date

from exports_app.domain.access import Principal
from exports_app.services.core.records import Campaign, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.history.schedule_facts import schedule_facts
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule


def test_its_settings_are_listed_as_the_form_names_them(
    services: Services, admin: Principal, campaigns: dict[str, Campaign]
) -> None:
    plain = make_schedule(services, admin, schedule="0 9 * * 1", timezone="Europe/Berlin")
    told = {fact.label: (fact.value, fact.code) for fact in schedule_facts(plain, "Ann")}
    assert (told["Schedule"], told["Time zone"]) == (
        ("Every Monday at 09:00", "0 9 * * 1"),
        ("Berlin", "Europe/Berlin"),
    )
    assert (told["Campaigns"][0], told["Owner"][0]) == ("All", "Ann")
    assert told["When there is no data"][0] == "Send the file anyway"
    assert not {"Tags", "No data means", "Reply-to address", "Time limit (minutes)"} & told.keys()
    chosen = make_schedule(
        services,
        admin,
        description="For the board",
        export_type="aggregate",
        recipients=("ann@example.com", "bob@example.com"),
        filters=Filters(
            start_date=date(2026, 1, 1),
            end_date=date(2026, 1, 31),
            campaign_ids=(campaigns["Spring"].id,),
            group_by="week",
        ),
        tags=("Finance", "EU"),
        delivery="link",
        reply_to="desk@example.com",
        time_limit=600,
    )
    values = {fact.label: fact.value for fact in schedule_facts(chosen, "Ann")}
    expected = {
        "Slug": "weekly-numbers-2",
        "Description": "For the board",
        "Tags": "Finance, EU",
        "Period": "1 Jan 2026 \N{EN DASH} 31 Jan 2026",
        "Campaigns": "1 campaign",
        "Grouping": "By week",
        "Recipients": "ann@example.com, bob@example.com",
        "Delivery": "Always a download link",
        "Reply-to address": "desk@example.com",
        "Time limit (minutes)": "10",
    }
    assert {label: values[label] for label in expected} == expected


def test_it_is_paused_and_resumed_there(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast, acme: Tenant
) -> None:
    schedule = make_schedule(services, cast.admin.who)

    async def play() -> None:
        await sign_in(cast.admin.who, acme)
        await tab.do(HistoryState.show, schedule.id)
        head = await tab.state(ScheduleState)
        assert (head.writes, head.active, bool(head.next_at)) == (True, True, True)
        assert head.facts[-1].value == "Admin"
        await tab.do(ScheduleActions.toggle, schedule.id, False)
        await tab.do(ScheduledExports.refresh)
        assert (head.active, head.next_at) == (False, "")
        await tab.do(ScheduleActions.toggle, schedule.id, True)
        await tab.do(ScheduledExports.refresh)
        assert (head.active, bool(head.next_at)) == (True, True)

    asyncio.run(play())


def test_the_form_opened_there_gives_way_to_the_history_again(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(HistoryState.show, schedule.id)
        story, draft = await tab.state(HistoryState), await tab.state(DraftState)
        await tab.do(EditorState.begin, schedule.id)
        assert (draft.is_open, draft.schedule_id) == (True, schedule.id)
        await tab.do(EditorState.set_open, False)
        assert (draft.is_open, story.schedule_id) == (False, schedule.id)

    asyncio.run(play())
