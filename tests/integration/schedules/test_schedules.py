"""Scheduled exports as people make them: create, change, delete."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Campaign, Page, Schedule, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import (
    NOW,
    FakeClock,
    claim,
    draft,
    execute,
    make_schedule,
    runs_of,
    stored,
    the_run,
    uuid_of,
)

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
"""The next Monday, nine in the morning in Berlin."""


def pointers(e: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.pointer for one in e.value.errors]


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


# Create


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


# Update


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"schedule": "0 12 * * *"}, datetime(2026, 3, 5, 11, 0, tzinfo=UTC)),
        ({"timezone": "America/New_York"}, datetime(2026, 3, 9, 13, 0, tzinfo=UTC)),
        ({"is_active": False}, None),
    ],
)
def test_a_new_time_is_reckoned_from_now(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    values: dict[str, Any],
    expected: datetime | None,
) -> None:
    clock.advance(hours=1)
    assert services.schedules.update(admin, schedule.id, values).next_run_at == expected
    assert stored(services, schedule).next_run_at == expected


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Other"},
        {"description": "more"},
        {"format": "xml"},
        {"export_type": "aggregate", "filters": Filters(period="yesterday", group_by="week")},
        {"recipients": ("bob@example.com",)},
        {"when_empty": "skip"},
        {
            "schedule": "0 9 * * 1",
            "timezone": "Europe/Berlin",
            "is_active": True,
            "name": "The same time said again",
        },
    ],
)
def test_nothing_but_the_time_moves_the_next_run(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    values: dict[str, Any],
) -> None:
    clock.set(MONDAY + timedelta(minutes=5))  # already due: the edit must not lose that run
    changed = services.schedules.update(admin, schedule.id, values)
    assert changed.next_run_at == stored(services, schedule).next_run_at == MONDAY
    assert services.ticks.tick() == 1


def test_pausing_and_activating_does_not_catch_up(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"is_active": False})
    clock.set(MONDAY + timedelta(days=1))
    assert services.ticks.tick() == 0
    assert services.schedules.update(
        admin, schedule.id, {"is_active": True}
    ).next_run_at == MONDAY + timedelta(days=7)
    assert services.ticks.tick() == 0


def test_an_edit_of_an_inactive_schedule_leaves_it_inactive(
    services: Services, admin: Principal
) -> None:
    made = make_schedule(services, admin, is_active=False)
    assert services.schedules.update(admin, made.id, {"schedule": "@hourly"}).next_run_at is None


def test_the_version_counts_edits_that_change_something(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    clock.advance(minutes=1)
    same = services.schedules.update(admin, schedule.id, {"name": schedule.name})
    assert (same.version, same.updated_at) == (1, NOW)
    other = services.schedules.update(admin, schedule.id, {"name": "Other"})
    assert (other.version, other.updated_at) == (2, clock())
    assert other == stored(services, schedule)


def test_ticks_runs_and_triggers_do_not_count_as_edits(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    clock.set(MONDAY)
    services.ticks.tick()
    execute(services, claim(services))
    now = stored(services, schedule)
    assert (now.version, now.updated_at) == (1, NOW)
    assert now.last_status is RunStatus.COMPLETED
    services.schedules.update(admin, schedule.id, {"name": "Still fits"}, version=1)


def test_an_edit_of_what_somebody_else_changed_is_a_conflict(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"name": "First"}, version=1)
    with pytest.raises(Conflict):
        services.schedules.update(admin, schedule.id, {"name": "Second"}, version=1)
    with pytest.raises(Conflict):
        services.schedules.update(admin, schedule.id, {}, version=7)
    assert stored(services, schedule).name == "First"
    assert services.schedules.update(admin, schedule.id, {"name": "Whatever is there"}).version == 3


def test_an_invalid_edit_changes_nothing(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    with pytest.raises(Invalid) as e:
        services.schedules.update(
            admin, schedule.id, {"name": "Good", "schedule": "bad", "recipients": ()}
        )
    assert set(pointers(e)) == {"/schedule", "/recipients"}
    assert stored(services, schedule) == schedule


def test_filters_are_replaced_whole(services: Services, admin: Principal) -> None:
    made = make_schedule(
        services,
        admin,
        export_type="aggregate",
        filters=Filters(period="yesterday", group_by="week"),
    )
    changed = services.schedules.update(
        admin, made.id, {"filters": Filters(start_date=date(2026, 1, 1))}
    )
    assert changed.filters == {"startDate": "2026-01-01"}
    assert services.schedules.update(admin, made.id, {"filters": Filters()}).filters == {}


def test_a_type_must_fit_the_filters_that_are_there(services: Services, admin: Principal) -> None:
    made = make_schedule(services, admin, export_type="aggregate", filters=Filters(group_by="week"))
    with pytest.raises(Invalid) as e:
        services.schedules.update(admin, made.id, {"export_type": "campaigns"})
    assert pointers(e) == ["/filters/groupBy"]


def test_a_description_can_be_cleared(services: Services, admin: Principal) -> None:
    made = make_schedule(services, admin, description="words")
    assert services.schedules.update(admin, made.id, {"description": None}).description is None


def test_recipients_are_merged_in_edits_too(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    changed = services.schedules.update(
        admin, schedule.id, {"recipients": ("bob@example.com", "BOB@example.com")}
    )
    assert changed.recipients == ["bob@example.com"]


def test_who_activates_a_schedule_again_owns_it(
    services: Services, admin: Principal, super_admin: Principal
) -> None:
    made = make_schedule(services, admin)
    edited = services.schedules.update(super_admin, made.id, {"name": "Other", "is_active": True})
    assert edited.owner_id == admin.user_id  # it was active all the time
    paused = services.schedules.update(super_admin, made.id, {"is_active": False})
    assert paused.owner_id == admin.user_id
    again = services.schedules.update(super_admin, made.id, {"is_active": True})
    assert (again.owner_id, again.created_by) == (super_admin.user_id, admin.user_id)


def test_an_edit_of_a_schedule_whose_campaign_is_gone_need_not_mend_it(
    services: Services, admin: Principal, campaigns: dict[str, Campaign]
) -> None:
    filters = Filters(campaign_ids=(campaigns["Spring"].id,))
    made = make_schedule(services, admin, export_type="campaign", filters=filters)
    services.campaigns.delete(admin, campaigns["Spring"].id)
    assert services.schedules.update(admin, made.id, {"is_active": False}).is_active is False
    with pytest.raises(Invalid) as e:
        services.schedules.update(admin, made.id, {"filters": filters})
    assert pointers(e) == ["/filters/campaignIds/0"]


# Delete


def test_a_deleted_schedule_is_gone_for_everybody(
    services: Services, admin: Principal, super_admin: Principal, schedule: Schedule
) -> None:
    run = services.schedules.trigger(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    for who in (admin, super_admin):
        for look in (
            lambda who: services.schedules.get(who, schedule.id),
            lambda who: services.schedules.update(who, schedule.id, {"name": "x"}),
            lambda who: services.schedules.delete(who, schedule.id),
            lambda who: services.schedules.trigger(who, schedule.id),
            lambda who: services.history.of_schedule(who, schedule.id, 50),
            lambda who: services.history.get(who, schedule.id, run.id),
            lambda who: services.history.file(who, schedule.id, run.id),
        ):
            with pytest.raises(NotFound):
                look(who)
        assert services.schedules.find(who, None, {}, "", Page()) == ([], 0)


def test_deleting_cancels_what_waits_and_lets_what_runs_finish(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    running = claim(services)
    waiting = services.schedules.trigger(admin, schedule.id)
    clock.advance(seconds=5)
    services.schedules.delete(admin, schedule.id)
    cancelled = the_run(services, waiting)
    assert (cancelled.status, cancelled.completed_at, cancelled.error_code) == (
        RunStatus.CANCELLED,
        clock(),
        "schedule_deleted",
    )
    assert cancelled.error
    assert services.run_queue.claim() is None
    assert execute(services, running).status is RunStatus.COMPLETED


def test_a_deleted_schedule_is_never_due_again(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.delete(admin, schedule.id)
    clock.set(MONDAY)
    assert services.ticks.tick() == 0
    assert runs_of(services, schedule) == []
