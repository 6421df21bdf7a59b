"""Scheduled exports as people make them."""

from datetime import date
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.services.core.records import Campaign, Page, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import NOW
from tests.integration.schedules.fields import MONDAY, pointers
from tests.world import draft, make_schedule, stored, uuid_of


def test_a_new_schedule_belongs_to_its_creator_and_knows_its_next_run(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    made = make_schedule(services, admin)
    assert made == stored(services, made)
    assert (made.tenant_id, made.created_by, made.owner_id) == (
        acme.id,
        admin.user_id,
        admin.user_id,
    )
    assert (made.created_at, made.updated_at, made.next_run_at) == (NOW, NOW, MONDAY)
    assert (made.version, made.is_active, made.when_empty, made.last_run_at, made.last_status) == (
        1,
        True,
        "send",
        None,
        None,
    )


def test_an_inactive_schedule_is_never_due(services: Services, admin: Principal) -> None:
    assert make_schedule(services, admin, is_active=False).next_run_at is None


def test_a_zone_left_out_is_the_tenants_else_the_installations(
    services: Services, super_admin: Principal, acme: Tenant, globex: Tenant
) -> None:
    values = draft()
    del values["timezone"]
    assert services.schedules.create(super_admin, acme.id, values).timezone == "Europe/Berlin"
    assert services.schedules.create(super_admin, globex.id, values).timezone == "UTC"


def test_the_same_recipient_counts_once_whatever_its_case(
    services: Services, admin: Principal
) -> None:
    made = make_schedule(
        services,
        admin,
        recipients=("Ann@Example.com", "bob@example.com", "ann@example.com", "ANN@EXAMPLE.COM"),
    )
    assert [a.lower() for a in made.recipients] == ["ann@example.com", "bob@example.com"]
    assert made.recipients[0].startswith("Ann@")


def test_fifty_recipients_are_enough(services: Services, admin: Principal) -> None:
    many = tuple(f"r{i}@example.com" for i in range(50))
    assert (
        len(make_schedule(services, admin, recipients=(*many, "R0@example.com")).recipients) == 50
    )
    with pytest.raises(Invalid) as e:
        make_schedule(services, admin, recipients=(*many, "one.more@example.com"))
    assert pointers(e) == ["/recipients"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "  "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": "two\nlines"}, "/name"),
        ({"description": "x" * 2001}, "/description"),
        ({"description": "nul\0"}, "/description"),
        ({"export_type": "everything"}, "/exportType"),
        ({"format": "pdf"}, "/format"),
        ({"when_empty": "shrug"}, "/whenEmpty"),
        ({"schedule": "every day"}, "/schedule"),
        ({"schedule": "0 0 31 2 *"}, "/schedule"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": ""}, "/timezone"),
        ({"recipients": ()}, "/recipients"),
        ({"recipients": ("ann@example.com", "no address")}, "/recipients/1"),
        ({"filters": Filters(period="someday")}, "/filters/period"),
        ({"filters": Filters(period="yesterday", start_date=date(2026, 1, 1))}, "/filters/period"),
        (
            {"filters": Filters(start_date=date(2026, 1, 2), end_date=date(2026, 1, 1))},
            "/filters/endDate",
        ),
        ({"filters": Filters(group_by="day")}, "/filters/groupBy"),
        ({"export_type": "aggregate", "filters": Filters(group_by="hour")}, "/filters/groupBy"),
        ({"export_type": "campaign"}, "/filters/campaignIds"),
        ({"filters": Filters(campaign_ids=("not-a-uuid",))}, "/filters/campaignIds/0"),
        ({"filters": Filters(campaign_ids=(uuid_of(404),))}, "/filters/campaignIds/0"),
    ],
)
def test_what_is_wrong_is_refused_and_pointed_at(
    services: Services, admin: Principal, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as e:
        make_schedule(services, admin, **changes)
    assert pointers(e) == [pointer]
    assert services.schedules.find(admin, None, {}, "", Page())[1] == 0


def test_everything_that_is_wrong_is_said_at_once(services: Services, admin: Principal) -> None:
    with pytest.raises(Invalid) as e:
        make_schedule(
            services,
            admin,
            name="",
            format="pdf",
            schedule="?",
            timezone="x",
            recipients=("a", "b"),
        )
    assert set(pointers(e)) == {
        "/name",
        "/format",
        "/schedule",
        "/timezone",
        "/recipients/0",
        "/recipients/1",
    }


def test_the_longest_texts_are_taken(services: Services, admin: Principal) -> None:
    made = make_schedule(services, admin, name="ä" * 200, description="line\n" * 400)
    assert stored(services, made) == made


def test_campaigns_of_another_tenant_cannot_be_chosen(
    services: Services, admin: Principal, campaigns: dict[str, Campaign]
) -> None:
    ids = (campaigns["Spring"].id, campaigns["Rival"].id)
    with pytest.raises(Invalid) as e:
        make_schedule(services, admin, export_type="campaign", filters=Filters(campaign_ids=ids))
    assert pointers(e) == ["/filters/campaignIds/1"]
    assert make_schedule(
        services, admin, export_type="campaign", filters=Filters(campaign_ids=ids[:1])
    ).filters == {"campaignIds": [ids[0]]}
