"""The page of a tenant's settings, without a browser."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.services.tenants.quotas import Quota
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.tenant.quotas.rows import row
from exports_app.ui.pages.settings.tenant.quotas.state import QuotasState
from exports_app.ui.pages.settings.tenant.state import TenantState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast


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
            "keep_runs_days": "",
            "recipient_domains": "",
        }
        assert (page.usual_days, page.usual_runs_days) == ("30", "730")
        assert (page.usual_zone, page.dirty) == ("UTC", False)
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
        assert (page.html, page.errors) == (before, {"brand_color": "Use the format #RRGGBB"})
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
            admin, acme.id, {"brand_color": "#0F766E", "name": "Someone else's", "keep_days": 7}
        )
        await tab.do(TenantState.refresh)
        assert (page.typed["name"], page.typed["brand_color"], page.typed["keep_days"]) == (
            "Acme Works",
            "#0F766E",
            "7",
        )
        assert (await tab.texts())[
            -1
        ] == "Someone else has changed the name: saving overwrites their changes"
        await tab.do(TenantState.put, "timezone", "Mars/Olympus")
        await tab.do(TenantState.put, "keep_days", "soon")
        assert set(page.errors) == {"timezone", "keep_days"}
        await tab.do(TenantState.put, "recipient_domains", "example.com; not a domain!")
        assert page.errors["recipient_domains"].startswith("“domain!” is not a domain")
        await tab.do(TenantState.put, "recipient_domains", "Example.com, *.bücher.example")
        await tab.do(TenantState.put, "keep_days", "0")
        await tab.do(TenantState.save)
        assert set(page.errors) == {"timezone", "keep_days"}
        await tab.do(TenantState.put, "timezone", "")
        await tab.do(TenantState.put, "keep_days", "90")
        await tab.do(TenantState.put, "keep_runs_days", "30")
        assert (
            page.errors["keep_runs_days"]
            == "Must be from 31 to 36,500 days, or empty for the default"
        )
        await tab.do(TenantState.put, "keep_runs_days", "365")
        await tab.do(TenantState.save)
        assert page.errors == {}
        assert (await tab.texts())[-1] == "Settings saved"
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
    assert saved.keep_runs_days == 365
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
        assert any(
            text.startswith("Someone else has changed the name") for text in await tab.texts()
        )
        assert (await tab.texts())[
            -1
        ] == "Someone else has changed it: check the fields, then save again"
        assert page.typed["name"] == "Mine"
        await tab.do(TenantState.save)
        assert services.tenants.get(admin, acme.id).name == "Mine"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("used", "mark"),
    [
        (89, ""),
        (90, "near the limit"),
        (99, "near the limit"),
        (100, "limit reached"),
        (101, "limit reached"),
    ],
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
        assert words["Stored files"] == "0 bytes of 50.0 GB"
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
        assert {row.label: row.words for row in quotas.rows}["Stored files"] == "0 bytes of 1.5 MB"
        await tab.do(QuotasState.put, "schedules", "")
        await tab.do(TenantState.refresh)  # what is typed stays
        assert (quotas.typed["schedules"], quotas.dirty) == ("", True)
        await tab.do(QuotasState.undo)
        assert quotas.typed["schedules"] == "12"
        assert (await tab.texts())[-1] == "Quotas saved"

    asyncio.run(play())
    by_name = {quota.name: quota for quota in services.quotas.find(cast.admin.who, acme.id)}
    assert (by_name["schedules"].own, by_name["file_bytes"].own) == (12, 1_500_000)
