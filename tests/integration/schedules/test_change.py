"""Changes of scheduled exports."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Invalid
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Campaign, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.integration.schedules.fields import MONDAY, pointers
from tests.world import claim, execute, make_schedule, stored


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
    as_it_is = services.schedules.update(admin, made.id, {"filters": filters, "name": "Kept"})
    assert as_it_is.filters == made.filters
    other = Filters(period="yesterday", campaign_ids=filters.campaign_ids)
    with pytest.raises(Invalid) as e:
        services.schedules.update(admin, made.id, {"filters": other})
    assert pointers(e) == ["/filters/campaignIds/0"]
