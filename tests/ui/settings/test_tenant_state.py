"""The pages of a tenant's settings and of its audit, without a browser."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Action, AuditEntry, Tenant
from exports_app.services.tenants.quotas import Quota
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.audit.rows import AREAS, WORDS, entry_item
from exports_app.ui.pages.settings.audit.state import AuditState
from exports_app.ui.pages.settings.tenant.quotas.rows import row
from exports_app.ui.pages.settings.tenant.quotas.state import QuotasState
from exports_app.ui.pages.settings.tenant.state import TenantState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, FakeClock, make_schedule


def test_the_email_changes_as_one_types(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(TenantState)
        await tab.do(TenantState.refresh)
        assert page.typed == {
            "name": "Acme",
            "brand_color": "#1D4ED8",
            "logo_url": "",
            "timezone": "Europe/Berlin",
            "keep_days": "",
            "recipient_domains": "",
        }
        assert (page.usual_days, page.usual_zone, page.dirty) == ("30", "UTC", False)
        assert "#1D4ED8" in page.html
        assert page.subject.startswith("Weekly campaign totals")
        await tab.do(TenantState.put, "brand_color", "#0F766E")
        assert "#0F766E" in page.html
        await tab.do(TenantState.put, "name", "Acme & <Daughters>")
        assert "Acme &amp; &lt;Daughters&gt;" in page.html
        await tab.do(TenantState.put, "logo_url", "https://example.com/logo.png")
        assert "https://example.com/logo.png" in page.html
        assert page.dirty
        await tab.do(TenantState.undo)
        assert (page.dirty, "#1D4ED8" in page.html) == (False, True)

    asyncio.run(play())


def test_what_is_not_valid_yet_leaves_the_email_as_it_was(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(TenantState)
        await tab.do(TenantState.refresh)
        before = page.html
        await tab.do(TenantState.put, "brand_color", "#0F7")
        assert (page.html, page.errors) == (before, {"brand_color": "Write the colour as #RRGGBB"})
        await tab.do(TenantState.put, "logo_url", "http://example.com/logo.png")
        assert set(page.errors) == {"brand_color", "logo_url"}
        await tab.do(TenantState.put, "name", "Still typing")
        assert ("Still typing" in page.html, "#1D4ED8" in page.html) == (True, True)
        await tab.do(TenantState.put, "brand_color", "#0F766E")
        await tab.do(TenantState.put, "logo_url", "javascript:alert(1)")
        assert set(page.errors) == {"logo_url"}
        assert "#0F766E" in page.html
        assert "javascript" not in page.html
        await tab.do(TenantState.put, "logo_url", "")
        assert page.errors == {}
        assert "#0F766E" in page.html
        await tab.do(TenantState.put, "slug", "mine")
        assert "slug" not in page.typed

    asyncio.run(play())


def test_only_what_was_changed_here_is_saved(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(TenantState)
        await tab.do(TenantState.refresh)
        await tab.do(TenantState.put, "name", "Acme Works")
        services.tenants.update(
            admin, acme.id, {"brand_color": "#0F766E", "name": "Somebody else's", "keep_days": 7}
        )
        await tab.do(TenantState.refresh)
        assert (page.typed["name"], page.typed["brand_color"], page.typed["keep_days"]) == (
            "Acme Works",
            "#0F766E",
            "7",
        )
        assert (await tab.texts())[
            -1
        ] == "Somebody else changed the name meanwhile: saving replaces what they chose"
        await tab.do(TenantState.put, "timezone", "Mars/Olympus")
        await tab.do(TenantState.put, "keep_days", "soon")
        assert set(page.errors) == {"timezone", "keep_days"}
        await tab.do(TenantState.put, "recipient_domains", "example.com; not a domain!")
        assert page.errors["recipient_domains"].startswith("“not” is not a domain")
        await tab.do(TenantState.put, "recipient_domains", "Example.com, *.bücher.example")
        await tab.do(TenantState.put, "keep_days", "0")
        await tab.do(TenantState.save)
        assert set(page.errors) == {"timezone", "keep_days"}
        await tab.do(TenantState.put, "timezone", "")
        await tab.do(TenantState.put, "keep_days", "90")
        await tab.do(TenantState.save)
        assert page.errors == {}
        assert (await tab.texts())[-1] == "The settings are saved"
        session = await tab.state(SessionState)
        assert (session.tenant_name, session.timezone, session.tenants[0].name) == (
            "Acme Works",
            "UTC",
            "Acme Works",
        )

    asyncio.run(play())
    saved = services.tenants.get(admin, acme.id)
    assert (saved.name, saved.brand_color, saved.timezone, saved.keep_days) == (
        "Acme Works",
        "#0F766E",
        None,
        90,
    )
    assert saved.recipient_domains == ("*.xn--bcher-kva.example", "example.com")


def test_a_change_that_the_page_has_not_heard_of_is_not_replaced_unseen(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(TenantState)
        await tab.do(TenantState.refresh)
        await tab.do(TenantState.put, "name", "Mine")
        services.tenants.update(admin, acme.id, {"name": "Theirs"})
        await tab.do(TenantState.save)
        assert services.tenants.get(admin, acme.id).name == "Theirs"
        assert any(text.startswith("Somebody else changed the name") for text in await tab.texts())
        assert (await tab.texts())[
            -1
        ] == "Somebody else changed it meanwhile: look at it, then save again"
        assert page.typed["name"] == "Mine"
        await tab.do(TenantState.save)
        assert services.tenants.get(admin, acme.id).name == "Mine"

    asyncio.run(play())


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
        assert {(one.who, one.what, one.subject) for one in page.rows} == {
            ("Admin", "invited", "new@example.com"),
            ("Admin", "changed the scheduled export", "Weekly numbers"),
            ("Admin", "made the scheduled export", "Weekly"),
        }
        changed = next(one for one in page.rows if one.what.startswith("changed"))
        assert changed.changes == ["Name: Weekly → Weekly numbers", "Is active: yes → no"]
        assert (page.counted, page.last, page.zone) == ("3 entries", True, "Berlin")
        await tab.do(AuditState.choose, "area", "member")
        assert [one.changes for one in page.rows] == [["Role: viewer"]]
        await tab.do(AuditState.choose, "area", "")
        await tab.do(AuditState.choose, "until", "2026-03-04")
        assert [one.subject for one in page.rows] == ["Weekly"]
        await tab.do(AuditState.choose, "since", "2026-03-05")
        assert page.failed == "The last day must not be before the first"
        await tab.do(AuditState.clear)
        await tab.do(AuditState.choose, "q", "numbers")
        assert [one.subject for one in page.rows] == ["Weekly numbers"]
        await tab.do(AuditState.save)  # this tab has no session that a file could be bound to
        assert (await tab.texts())[-1] == "Your session is over: sign in again"

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
            ).failed == "A day is not one: write it as 2026-01-31"
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
        assert (page.rows, page.failed) == ([], "There is nothing here that you may see")
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
        ({"changed": {"keep_days": [None, 7]}}, ["Days that files are kept: nothing → 7"]),
        (
            {"changed": {"filters": [{}, {"period": "today"}]}},
            ['Filters: {} → {"period": "today"}'],
        ),
        ({"run": "1", "of": "2"}, []),
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


@pytest.mark.parametrize(
    ("used", "mark"),
    [(89, ""), (90, "nearly used up"), (99, "nearly used up"), (100, "used up"), (101, "used up")],
)
def test_a_quota_says_how_near_its_limit_is(used: int, mark: str) -> None:
    assert row(Quota("schedules", used, 100, None)).mark == mark


def test_quotas_are_shown_to_admins_and_changed_by_super_admins(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(cast.super_admin.who, acme)
        await tab.do(TenantState.refresh)
        quotas = await tab.state(QuotasState)
        words = {row.label: row.words for row in quotas.rows}
        assert words["Scheduled exports"] == "0 of 10,000"
        assert words["Kept files"] == "0 bytes of 50.0 GB"
        await tab.do(QuotasState.put, "schedules", "many")
        await tab.do(QuotasState.put, "file_bytes", "1.5")
        await tab.do(QuotasState.save)
        assert quotas.errors == {"schedules": "Must be from 1 to 1,000,000, or empty: the default"}
        await tab.do(QuotasState.put, "file_bytes", "many")
        await tab.do(QuotasState.save)
        assert quotas.errors["file_bytes"].endswith(" MB, or empty: the default")
        await tab.do(QuotasState.put, "file_bytes", "1.5")
        await tab.do(QuotasState.put, "schedules", "12")
        await tab.do(QuotasState.put, "another", "12")
        await tab.do(QuotasState.save)
        assert (quotas.errors, quotas.dirty) == ({}, False)
        assert {row.label: row.words for row in quotas.rows}["Kept files"] == "0 bytes of 1.5 MB"
        await tab.do(QuotasState.put, "schedules", "")
        await tab.do(TenantState.refresh)  # what is typed stays
        assert (quotas.typed["schedules"], quotas.dirty) == ("", True)
        await tab.do(QuotasState.undo)
        assert quotas.typed["schedules"] == "12"
        assert (await tab.texts())[-1] == "The quotas are saved"

    asyncio.run(play())
    by_name = {quota.name: quota for quota in services.quotas.find(cast.admin.who, acme.id)}
    assert (by_name["schedules"].own, by_name["file_bytes"].own) == (12, 1_500_000)
