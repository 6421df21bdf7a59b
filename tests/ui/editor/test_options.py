"""The options, in folded sections of the form."""

import asyncio
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.editor import options
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.folded_view import folded
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.editor.view import editor_dialog
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import opened, put
from tests.world import make_schedule, pause, stored

POLICIES = {
    "overlap": "queue_one",
    "catch_up": "all",
    "catch_up_hours": 24,
    "jitter_seconds": 60,
    "pause_after": 0,
    "on_unknown": "hold",
    "retry_attempts": 3,
    "retry_base_seconds": 10,
}


def test_every_policy_is_set_here_and_a_duplicate_keeps_them(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    def held() -> dict[str, Any]:
        now = stored(services, schedule)
        return {name: getattr(now, name) for name in POLICIES}

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert draft.unfold == {}
        assert draft.usual == {"retry_attempts": "9", "retry_base_seconds": "30"}
        await put(tab, **{name: str(value) for name, value in POLICIES.items()})
        await tab.do(EditorState.save)
        assert held() == POLICIES
        await tab.do(EditorState.duplicate, schedule.id)
        assert draft.unfold.keys() == {"retries", "missed"}
        assert {name: draft.values[name] for name in POLICIES} == {
            name: str(value) for name, value in POLICIES.items()
        }
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.begin, schedule.id)
        await put(tab, retry_attempts="", retry_base_seconds=" ")
        await tab.do(EditorState.save)

    asyncio.run(play())
    assert held() == POLICIES | {"retry_attempts": None, "retry_base_seconds": None}


def test_a_field_that_is_not_shown_is_left_as_it_was(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, catch_up_hours=24, retry_base_seconds=7, link_days=3)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(
            tab,
            catch_up_hours="0",
            retry_attempts="1",
            retry_base_seconds="-",
            delivery="zip",
            link_days="x",
        )
        await tab.do(EditorState.save)
        assert draft.errors == {}

    asyncio.run(play())
    now = stored(services, schedule)
    assert (now.catch_up_hours, now.retry_attempts, now.retry_base_seconds) == (24, 1, 7)
    assert (now.delivery, now.link_days) == ("zip", 3)


def test_a_section_says_what_is_set_in_it_and_begins_open_where_that_is_not_as_usual(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, delivery="link", reply_to="desk@example.com")

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert list(draft.unfold) == ["delivery"]
        assert draft.chosen == {
            "delivery": "Delivery: Always a download link · Reply-to address: desk@example.com",
            "retries": "",
            "missed": "",
        }
        await put(tab, delivery="auto", reply_to=" ", retry_attempts="3", catch_up_hours="24")
        assert draft.chosen == {
            "delivery": "",
            "retries": "Maximum attempts per run: 3",
            "missed": "",
        }
        await put(tab, retry_attempts="")
        assert draft.chosen["retries"] == ""

    asyncio.run(play())


def test_a_wrong_policy_unfolds_its_section_each_time_and_speaks_of_empty_fields(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await put(tab, name="")
        await tab.do(EditorState.save)
        assert draft.unfold == {}
        await put(tab, retry_attempts="0")
        await tab.do(EditorState.save)
        first = draft.unfold
        assert list(first) == ["retries"]
        assert draft.focus.split("#")[0] == "name"
        assert (
            draft.errors["retry_attempts"]
            == "Must be 1 to 50 attempts, or empty for the server's default"
        )
        await tab.do(EditorState.save)
        assert draft.unfold["retries"] != first["retries"]

    asyncio.run(play())


def test_the_form_of_one_that_was_paused_by_itself_says_why(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin)

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        assert draft.paused == ""
        await asyncio.to_thread(
            pause, services, schedule, "5 runs failed in a row; the last one: no route to host"
        )
        await tab.do(ScheduledExports.refresh)
        assert draft.paused == "5 runs failed in a row; the last one: no route to host"
        assert not draft.is_active
        await tab.do(Fields.activate, True)
        await tab.do(EditorState.save)
        assert draft.paused == ""

    asyncio.run(play())
    assert stored(services, schedule).paused_at is None


@pytest.mark.usefixtures("services")
def test_every_option_has_its_place_in_one_of_the_folded_sections() -> None:
    def fields(component: Any) -> set[str]:
        drawn = str(component.render())
        return {name for name in options.BY_NAME if f'id:"{name}"' in drawn}

    placed = [name for section in options.SECTIONS for name in section.names]
    assert sorted(placed) == sorted(options.BY_NAME)
    for section, fold in zip(options.SECTIONS, folded(), strict=True):
        assert fields(fold) == set(section.names)
    assert fields(editor_dialog()) == options.BY_NAME.keys()
