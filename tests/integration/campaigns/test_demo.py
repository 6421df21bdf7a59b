"""The demo database: what it holds, that it is the same each time, and where it must not go."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from exports_app import startup
from exports_app.db import models
from exports_app.db.repositories import table
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.campaigns import demo as module
from exports_app.services.campaigns.demo import TENANTS, Demo, schedules
from exports_app.services.campaigns.demo_data import ACME, GLOBEX, first_day, metrics
from exports_app.services.campaigns.service import check_campaign, check_metric
from exports_app.services.core import request_context
from exports_app.services.core.records import Campaign, Page, Tenant
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity import passwords
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.validation import Draft
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import sql

YESTERDAY = date(2026, 3, 3)


@pytest.fixture
def demo(services: Services, clock: FakeClock) -> Demo:
    return Demo(services.store, clock, allowed=True)


def everything(services: Services) -> dict[str, list[Any]]:
    with services.database.read() as connection:
        names = ("TenantRow", "UserRow", "MembershipRow", "CampaignRow", "MetricRow", "ScheduleRow")
        rows = {
            name: connection.execute(table(getattr(models, name)).select()).mappings().all()
            for name in names
        }
    # bcrypt salts: the hash differs though the password is the same
    return {
        name: sorted(str({**row, "password_hash": ""}) for row in found)
        for name, found in rows.items()
    }


def all_campaigns(services: Services) -> list[Campaign]:
    with services.store.read() as tx:
        return tx.campaigns.find(None, {}, "", Page(1, 10_000, "name"))[0]


def all_days(services: Services) -> int:
    with services.store.read() as tx:
        return tx.campaigns.count_metrics()


@pytest.mark.usefixtures("demo_of_a_week")
def test_it_holds_two_tenants_and_forty_campaigns_in_three_currencies(
    services: Services, demo: Demo
) -> None:
    assert demo.seed_if_empty()
    found = all_campaigns(services)
    assert Counter(c.tenant_id for c in found) == {tenant.id: 20 for tenant in TENANTS}
    assert {c.currency for c in found} == {"EUR", "USD", "GBP"}
    assert not any(check_campaign(c) for c in found)


def test_its_days_are_the_eighteen_months_that_end_yesterday(
    services: Services, demo: Demo
) -> None:
    demo.seed_if_empty()
    with services.database.read() as connection:
        days = {row.date for row in connection.execute(table(models.MetricRow).select())}
    assert (min(days), max(days)) == (date(2024, 9, 4), YESTERDAY)
    assert all_days(services) == 40 * len(days)


@pytest.mark.parametrize(
    ("yesterday", "first"),
    [
        (date(2026, 3, 3), date(2024, 9, 4)),
        (date(2026, 8, 31), date(2025, 3, 1)),
        (date(2026, 12, 31), date(2025, 7, 1)),
        (date(2025, 8, 30), date(2024, 3, 1)),
    ],
)
def test_eighteen_months_begin_a_day_later_and_at_a_short_months_end(
    yesterday: date, first: date
) -> None:
    assert first_day(yesterday) == first


def test_its_names_hold_what_breaks_careless_exports() -> None:
    names = [plan.name for plan in ACME + GLOBEX]
    assert len(set(names)) == 40
    for part in (",", '"', "<", "&", ">", "é", "ß", "新", "한", "🚀"):
        assert any(part in name for name in names), part
    assert any(name.startswith("=") for name in names)


@pytest.mark.usefixtures("demo_of_a_week")
def test_a_text_that_is_left_out_is_null(clock: FakeClock) -> None:
    texts = [one.description for one in schedules(TENANTS[0], clock())]
    assert None in texts
    assert "" not in texts


def test_it_is_the_same_on_every_machine(services: Services, demo: Demo, clock: FakeClock) -> None:
    demo.seed_if_empty()
    first = everything(services)
    with services.database.write() as connection:
        for row in (
            "ScheduleRow",
            "MetricRow",
            "CampaignRow",
            "MembershipRow",
            "UserRow",
            "TenantRow",
        ):
            connection.execute(table(getattr(models, row)).delete())
    demo.seed_if_empty()
    assert everything(services) == first


def test_a_days_numbers_do_not_depend_on_where_the_series_begins() -> None:
    one = module.fixed_id("acme", ACME[0].name)
    long, short = (
        list(metrics(one, date(2025, 1, 1), 365)),
        list(metrics(one, date(2025, 6, 1), 30)),
    )
    assert short == [m for m in long if date(2025, 6, 1) <= m.date < date(2025, 7, 1)]


def test_its_numbers_are_plausible() -> None:
    for plan in ACME:
        for metric in metrics(
            module.fixed_id("acme", plan.name), date(2024, 9, 1), 500, costs=plan.costs
        ):
            assert check_metric(metric) == []
            assert metric.impressions > metric.clicks > 0
            assert metric.clicks >= metric.conversions
            assert (metric.spend > 0) is plan.costs


def test_its_example_exports_keep_the_rules_and_one_of_each_tenant_is_active(
    services: Services, clock: FakeClock
) -> None:
    for tenant in TENANTS:
        examples = schedules(tenant, clock())
        for example in examples:
            fields = {name: getattr(example, name) for name in Draft.__dataclass_fields__}
            draft = Draft(
                **fields
                | {
                    "recipients": tuple(example.recipients),
                    "filters": Filters.from_json(example.filters),
                }
            )
            rules.check(draft, clock(), 60)
        assert [(s.format, s.next_run_at is not None) for s in examples if s.is_active] == [
            ("excel", True)
        ]


@pytest.mark.usefixtures("demo_of_a_week")
def test_its_people_sign_in_with_the_public_password(services: Services, demo: Demo) -> None:
    demo.seed_if_empty()
    assert DEMO_EMAIL in services.provisioning.demo_password_users()
    assert len(services.provisioning.demo_password_users()) == 5


@pytest.mark.usefixtures("demo_of_a_week")
def test_whoever_writes_a_password_takes_the_mark_away(
    services: Services, demo: Demo, password_hash: str
) -> None:
    demo.seed_if_empty()
    with services.store.write() as tx:
        one = tx.users.by_email(DEMO_EMAIL)
        assert one is not None
        assert one.has_demo_password
        tx.users.update(one.id, {"name": "Another name"})
        assert DEMO_EMAIL in tx.users.demo_password_emails()
        tx.users.update(one.id, {"password_hash": password_hash})
        assert DEMO_EMAIL not in tx.users.demo_password_emails()
    assert len(services.provisioning.demo_password_users()) == 4


@pytest.mark.usefixtures("demo_of_a_week")
def test_a_user_who_is_not_active_counts_for_nothing(services: Services, demo: Demo) -> None:
    demo.seed_if_empty()
    sql(services, "UPDATE users SET is_active = ?", False)
    assert services.provisioning.demo_password_users() == []


@pytest.mark.usefixtures("demo_of_a_week")
def test_no_server_and_no_worker_starts_with_it_unless_it_is_a_demo(
    services: Services, demo: Demo
) -> None:
    demo.seed_if_empty()
    with pytest.raises(ExportsError, match=r"^admin@acme\.test still has the public password"):
        startup.prepare(services)
    sql(services, "UPDATE users SET has_demo_password = ?", False)
    startup.prepare(services)


def test_a_demo_with_a_public_url_is_refused_before_anything_is_made(services: Services) -> None:
    held = services.settings.model_copy(
        update={"demo": True, "public_url": "https://exports.example.com"}
    )
    with pytest.raises(ExportsError, match="DEMO=1 does not go with PUBLIC_URL"):
        startup.prepare(replace(services, settings=held))
    assert not any(everything(services).values())


@pytest.mark.usefixtures("demo_of_a_week")
def test_its_login_is_offered_where_it_works_alone(services: Services, demo: Demo) -> None:
    with request_context.use(RequestContext("127.0.0.1", local=True)):
        assert not demo.offers_login()
        demo.seed_if_empty()
        assert demo.offers_login()
        assert not services.demo.offers_login()  # these settings make no demo
    assert not demo.offers_login()
    with services.store.write() as tx:
        one = tx.users.by_email(DEMO_EMAIL)
        assert one is not None
        tx.users.update(one.id, {"password_hash": passwords.hash_password("another, of one's own")})
    with request_context.use(RequestContext("127.0.0.1", local=True)):
        assert not demo.offers_login()


def test_nobody_else_may_take_the_public_password(services: Services) -> None:
    with pytest.raises(Invalid, match="public password"):
        services.provisioning.create_user("me@example.com", "Me", DEMO_PASSWORD, super_admin=True)


@pytest.mark.usefixtures("demo_of_a_week")
def test_a_second_start_changes_nothing(services: Services, demo: Demo) -> None:
    demo.seed_if_empty()
    before = everything(services)
    assert not demo.seed_if_empty()
    assert everything(services) == before


def test_a_database_with_a_tenant_is_left_alone(services: Services, demo: Demo) -> None:
    services.provisioning.create_tenant("acme", "My own")
    assert not demo.seed_if_empty()
    with pytest.raises(ExportsError, match="of its own"):
        demo.check_allowed()


@pytest.mark.usefixtures("demo_of_a_week")
def test_a_failure_half_way_leaves_nothing_behind(
    services: Services, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_tenant: Tenant, _now: datetime) -> list[Any]:
        raise OSError("the disk is full")

    monkeypatch.setattr(module, "schedules", broken)
    with pytest.raises(OSError, match="full"):
        demo.seed_if_empty()
    assert not any(everything(services).values())


def test_an_installation_that_is_no_demo_takes_none(services: Services, clock: FakeClock) -> None:
    with pytest.raises(ExportsError, match="DEMO=1"):
        Demo(services.store, clock, allowed=False).check_allowed()


@pytest.mark.one_database
def test_any_number_of_rows_can_be_had(services: Services, demo: Demo) -> None:
    demo.seed_if_empty()
    begun, seen = all_days(services), list[int]()
    assert demo.fill(begun + 25_500, seen.append) == 25_500
    assert all_days(services) == begun + 25_500
    assert seen == sorted(seen)
    assert seen[-1] == begun + 25_500
    loads = [c for c in all_campaigns(services) if c.name.startswith("Load")]
    assert [c.name for c in loads][:2] == ["Load 00001", "Load 00002"]
    assert len(loads) == 26


@pytest.mark.usefixtures("demo_of_a_week")
def test_filling_goes_on_where_it_stopped(services: Services, demo: Demo) -> None:
    demo.seed_if_empty()
    begun = all_days(services)
    demo.fill(begun + 1_500)
    assert demo.fill(begun + 1_500) == 0
    assert demo.fill(begun + 3_000) == 1_500
    assert all_days(services) == begun + 3_000
