"""The page of the audit, without a browser."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Action, AuditEntry, Tenant
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.settings.audit.rows import AREAS, WORDS, entry_item
from exports_app.ui.pages.settings.audit.state import AuditState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule


def test_entries_are_told_in_words(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    made = make_schedule(services, admin, name="Weekly")
    clock.advance(days=1)
    services.schedules.update(admin, made.id, {"name": "Weekly numbers", "is_active": False})
    services.invitations.invite(admin, acme.id, "new@example.com", "viewer")

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(AuditState)
        await tab.do(AuditState.refresh)
        assert {(row.who, row.what, row.subject) for row in page.rows} == {
            ("Admin", "invited", "new@example.com"),
            ("Admin", "changed the scheduled export", "Weekly numbers"),
            ("Admin", "created the scheduled export", "Weekly"),
        }
        changed = next(row for row in page.rows if row.what.startswith("changed"))
        assert changed.changes == ["Name: Weekly → Weekly numbers", "Is active: yes → no"]
        assert (page.counted, page.last, page.zone) == ("3 entries", True, "Berlin")
        await tab.do(AuditState.choose, "area", "member")
        assert [row.changes for row in page.rows] == [["Role: viewer"]]
        await tab.do(AuditState.choose, "area", "")
        await tab.do(AuditState.choose, "until", "2026-03-04")
        assert [row.subject for row in page.rows] == ["Weekly"]
        await tab.do(AuditState.choose, "since", "2026-03-05")
        assert page.failed == "The last day must not be before the first"
        await tab.do(AuditState.clear)
        await tab.do(AuditState.choose, "q", "numbers")
        assert [row.subject for row in page.rows] == ["Weekly numbers"]
        await tab.do(AuditState.save)  # this tab has no session that a file could be bound to
        assert (await tab.texts())[-1] == "Your session has ended: sign in again"

    asyncio.run(play())


@pytest.mark.parametrize("day", ["2026-02-30", "9999-12-31", "0001-01-01", "soon"])
def test_a_day_that_is_none_is_told(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, day: str
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        for name in ("since", "until"):
            await tab.do(AuditState.choose, name, day)
            assert (
                await tab.state(AuditState)
            ).failed == "This is not a date: use the format 2026-01-31"
            await tab.do(AuditState.save)
            await tab.do(AuditState.clear)
        assert len(await tab.texts()) == 2
        assert (await tab.state(BrowserCommands)).fetch == ""

    asyncio.run(play())


def test_the_installations_entries_are_its_super_admins(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(AuditState)
        tab.root.router_data = {
            "asPath": "/settings/audit?of=installation&page=99",
            "pathname": "/settings/audit",
        }
        await tab.do(AuditState.arrive)
        assert page.view["of"] == ""
        await tab.do(AuditState.choose, "of", "installation")
        assert (page.rows, page.failed) == (
            [],
            "This does not exist, or you do not have access to it",
        )
        for name, value in (
            ("of", "everything"),
            ("area", "nonsense"),
            ("nonsense", "x"),
            ("q", "x" * 999),
        ):
            await tab.do(AuditState.choose, name, value)
        assert page.view == {"area": "", "since": "", "until": "", "q": "", "of": "installation"}

    asyncio.run(play())


def test_there_are_words_for_whatever_can_be_done() -> None:
    assert set(WORDS) == set(Action)
    assert set(AREAS) == {action.partition(".")[0] for action in Action}


@pytest.mark.parametrize(
    ("detail", "lines"),
    [
        (
            {"changed": {"recipients": [["a"], ["a", "b", "c", "d", "e"]]}},
            ["Recipients: a → a, b, c and 2 others"],
        ),
        ({"changed": {"keep_days": [None, 7]}}, ["Days to keep files: nothing → 7"]),
        (
            {"changed": {"keep_runs_days": [None, 90]}},
            ["Days to keep the history: nothing → 90"],
        ),
        (
            {"changed": {"filters": [{}, {"period": "today"}]}},
            ['Filters: {} → {"period": "today"}'],
        ),
        ({"run": "1", "of": "2"}, []),
        ({"api_key": {"id": "1", "name": "Nightly"}}, ["API key: Nightly"]),
        ({"reason": "link_not_valid"}, ["Reason: link not valid"]),
        ({"first": "2026-03-04T10:30:00.123456+00:00"}, ["First: 4 Mar 2026, 10:30 UTC"]),
        ({"last": 12, "file_sha256": "ab"}, ["Last: 12", "SHA-256 of the file: ab"]),
        ({"changed": {"description": ["", "x" * 500]}}, [f"Description: nothing → {'x' * 119}…"]),
    ],
)
def test_changes_are_told_briefly(detail: dict[str, Any], lines: list[str]) -> None:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    assert (
        entry_item(
            AuditEntry("1", None, at, None, "the app", Action.SCHEDULE_UPDATED, None, "x", detail)
        ).changes
        == lines
    )
