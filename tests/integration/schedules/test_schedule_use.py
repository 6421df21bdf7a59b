"""Scheduled exports in use: trigger, who may what, lists, the change signal, looking at a cron
expression."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from exports_app.domain.access import Permission, Principal, Role
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.change_events import Topic
from exports_app.services.core.records import Page, Run, Schedule, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import (
    FakeClock,
    Watch,
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

FIRST_PAGE = Page()


def pointers(e: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.pointer for one in e.value.errors]


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


# Trigger


def test_a_trigger_makes_a_run_of_its_own_each_time(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    first, second = (services.schedules.trigger(admin, schedule.id) for _ in range(2))
    assert {r.id for r in runs_of(services, schedule)} == {first.id, second.id}
    run = the_run(services, first)
    assert (run.trigger, run.triggered_by, run.scheduled_for, run.status) == (
        Trigger.MANUAL,
        admin.user_id,
        None,
        RunStatus.PENDING,
    )
    assert run.recipients == ["ann@example.com"]
    assert run.spec.name == "Weekly numbers"


@pytest.mark.parametrize("active", [True, False])
def test_a_trigger_works_while_inactive_too_and_moves_nothing(
    services: Services, admin: Principal, active: bool
) -> None:
    made = make_schedule(services, admin, is_active=active)
    services.schedules.trigger(admin, made.id)
    assert stored(services, made) == made


def test_a_triggered_run_covers_the_window_as_of_its_trigger_in_the_schedules_zone(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(
        services, admin, timezone="Pacific/Auckland", filters=Filters(period="yesterday")
    )
    clock.set(datetime(2026, 3, 4, 13, 0, tzinfo=UTC))  # already the 5th in Auckland
    run = services.schedules.trigger(admin, made.id)
    clock.advance(days=3)
    kept = the_run(services, run)
    assert (kept.window_start, kept.window_end) == (date(2026, 3, 4), date(2026, 3, 4))


def test_edits_do_not_touch_runs_that_are_there(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    run = services.schedules.trigger(admin, schedule.id)
    services.schedules.update(
        admin,
        schedule.id,
        {"name": "Other", "format": "xml", "recipients": ("bob@example.com",), "is_active": False},
    )
    assert the_run(services, run) == run
    done = execute(services, claim(services))
    assert done.file_name is not None
    assert done.file_name.startswith("acme_weekly-numbers_all_")
    assert done.file_name.endswith(".csv")
    assert done.recipients == ["ann@example.com"]


# Who may


def test_another_tenants_schedule_does_not_exist(
    services: Services, outsider: Principal, schedule: Schedule
) -> None:
    for attempt in (
        lambda: services.schedules.get(outsider, schedule.id),
        lambda: services.schedules.update(outsider, schedule.id, {"name": "Mine"}, version=99),
        lambda: services.schedules.delete(outsider, schedule.id),
        lambda: services.schedules.trigger(outsider, schedule.id),
        lambda: services.history.of_schedule(outsider, schedule.id, 50),
        lambda: services.schedules.create(outsider, schedule.tenant_id, draft()),
        lambda: services.schedules.find(outsider, schedule.tenant_id, {}, "", Page()),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert services.schedules.find(outsider, None, {}, "", Page()) == ([], 0)
    assert stored(services, schedule) == schedule


def test_a_viewer_looks_and_changes_nothing(
    services: Services, viewer: Principal, schedule: Schedule
) -> None:
    assert services.schedules.get(viewer, schedule.id) == schedule
    assert services.schedules.find(viewer, None, {}, "", Page()) == ([schedule], 1)
    assert services.history.of_schedule(viewer, schedule.id, 50) == ([], 0)
    for attempt in (
        lambda: services.schedules.get(viewer, schedule.id, Permission.WRITE),
        lambda: services.schedules.update(viewer, schedule.id, {"name": "Mine"}, version=99),
        lambda: services.schedules.delete(viewer, schedule.id),
        lambda: services.schedules.trigger(viewer, schedule.id),
        lambda: services.schedules.create(viewer, schedule.tenant_id, draft()),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert stored(services, schedule) == schedule


def test_who_belongs_nowhere_sees_no_list(services: Services, schedule: Schedule) -> None:
    with pytest.raises(Forbidden):
        services.schedules.find(Principal(uuid_of(1)), None, {}, "", Page())


def test_who_writes_in_several_tenants_must_say_which(
    services: Services, super_admin: Principal, acme: Tenant, globex: Tenant
) -> None:
    both = Principal(super_admin.user_id, roles={acme.id: Role.ADMIN, globex.id: Role.ADMIN})
    for who in (super_admin, both):
        with pytest.raises(Invalid) as e:
            make_schedule(services, who)
        assert pointers(e) == ["/tenantId"]
        assert make_schedule(services, who, globex.id).tenant_id == globex.id
    one = Principal(super_admin.user_id, roles={acme.id: Role.VIEWER, globex.id: Role.ADMIN})
    assert make_schedule(services, one).tenant_id == globex.id


def test_a_tenant_that_does_not_exist_cannot_be_written_to(
    services: Services, super_admin: Principal
) -> None:
    with pytest.raises(NotFound):
        make_schedule(services, super_admin, uuid_of(404))


# Lists


def test_a_list_is_filtered_searched_sorted_and_cut(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    for i, name in enumerate(("beta", "Alpha", "gamma", "100% Ärger")):
        clock.advance(seconds=1)
        make_schedule(
            services,
            admin,
            name=name,
            is_active=i != 2,
            format="xml" if i else "csv",
            description="ZÜRICH" if i == 1 else None,
        )

    def names(
        where: dict[str, Any] | None = None, q: str = "", page: Page = FIRST_PAGE
    ) -> list[str]:
        return [s.name for s in services.schedules.find(admin, None, where or {}, q, page)[0]]

    assert names() == ["100% Ärger", "gamma", "Alpha", "beta"]
    assert names(page=Page(sort="name")) == ["100% Ärger", "Alpha", "beta", "gamma"]
    assert names(page=Page(sort="-name")) == ["gamma", "beta", "Alpha", "100% Ärger"]
    assert (
        names(page=Page(sort="nextRunAt"))[-1] == names(page=Page(sort="-nextRunAt"))[-1] == "gamma"
    )
    assert names({"is_active": False}) == ["gamma"]
    assert names({"format": "xml", "is_active": True}) == ["100% Ärger", "Alpha"]
    assert names(q="ÄRGER") == ["100% Ärger"]
    assert names(q="0%") == ["100% Ärger"]
    assert names(q="zürich") == ["Alpha"]
    assert names(page=Page(2, 3, "name")) == ["gamma"]
    assert services.schedules.find(admin, None, {}, "", Page(9, 3))[1] == 4
    with pytest.raises(Invalid) as e:
        names(page=Page(sort="password_hash"))
    assert pointers(e) == ["/sort"]


def test_a_history_is_the_newest_first_and_never_another_schedules(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    other = make_schedule(services, admin, name="Other")
    made = list[Run]()
    for _ in range(3):
        clock.advance(seconds=1)
        made.append(services.schedules.trigger(admin, schedule.id))
    found, total = services.history.of_schedule(admin, schedule.id, 2)
    assert [r.id for r, _ in found] == [made[2].id, made[1].id]
    assert total == 3
    assert services.history.of_schedule(admin, other.id, 50) == ([], 0)
    with pytest.raises(NotFound):
        services.history.get(admin, other.id, made[0].id)
    with pytest.raises(NotFound, match="no file"):
        services.history.file(admin, schedule.id, made[0].id)


# The signal


def test_every_change_is_announced_to_its_tenant(
    services: Services, admin: Principal, watch: Watch, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"name": "Other"})
    services.schedules.trigger(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    topics = [c.topic for c in watch.seen if c.tenant_id == schedule.tenant_id]
    assert topics == [Topic.SCHEDULES, Topic.SCHEDULES, Topic.RUNS, Topic.SCHEDULES]


def test_what_was_refused_or_changed_nothing_is_not_announced(
    services: Services, admin: Principal, viewer: Principal, watch: Watch, schedule: Schedule
) -> None:
    watch.seen.clear()
    services.schedules.update(admin, schedule.id, {"name": schedule.name})
    with pytest.raises(Forbidden):
        services.schedules.delete(viewer, schedule.id)
    with pytest.raises(Invalid):
        services.schedules.update(admin, schedule.id, {"name": ""})
    assert watch.seen == []


# Cron


def test_a_valid_expression_is_answered_with_its_words_and_next_runs(
    services: Services, viewer: Principal
) -> None:
    answer = services.schedules.validate_cron(viewer, "0 9 * * 1", "Europe/Berlin", None, 2)
    assert (answer.valid, answer.expression, answer.message) == (
        True,
        "0 9 * * 1",
        "Valid cron expression",
    )
    assert answer.next_runs == [MONDAY, MONDAY + timedelta(days=7)]
    assert answer.description


def test_the_answer_is_what_the_engine_does(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))  # the night before the clocks go forward
    made = make_schedule(services, admin, schedule="30 2 * * *")
    promised = services.schedules.validate_cron(
        admin, "30 2 * * *", "Europe/Berlin", None, 3
    ).next_runs
    for instant in promised:
        clock.set(instant)
        assert services.ticks.tick() == 1
    assert [r.scheduled_for for r in reversed(runs_of(services, made))] == promised


def test_an_invalid_expression_is_an_answer_not_an_error(
    services: Services, viewer: Principal
) -> None:
    answer = services.schedules.validate_cron(viewer, "61 * * * *", "UTC", None, 5)
    assert (answer.valid, answer.description, answer.next_runs) == (False, None, [])
    assert "minute" in answer.message.lower()


def test_the_next_runs_can_be_asked_from_any_instant(services: Services, viewer: Principal) -> None:
    after = datetime(2030, 1, 1, tzinfo=UTC)
    assert services.schedules.validate_cron(viewer, "@yearly", "UTC", after, 1).next_runs == [
        datetime(2031, 1, 1, tzinfo=UTC)
    ]


def test_an_expressions_zone_is_the_installations_unless_named(
    services: Services, viewer: Principal
) -> None:
    (first,) = services.schedules.validate_cron(viewer, "0 9 * * *", None, None, 1).next_runs
    assert first == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    for bad in ("Mars/Olympus", ""):
        with pytest.raises(Invalid) as e:
            services.schedules.validate_cron(viewer, "0 9 * * *", bad, None, 1)
        assert pointers(e) == ["/timezone"]


def test_who_may_read_nowhere_may_not_ask(services: Services) -> None:
    with pytest.raises(Forbidden):
        services.schedules.validate_cron(Principal(uuid_of(1)), "0 9 * * *", None, None, 1)


# The dialog


def test_an_expression_is_explained_with_its_preset_and_the_clocks(
    services: Services, viewer: Principal, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 3, 27, 12, 0, tzinfo=UTC))
    said = services.schedules.explain(viewer, " 0  8 * * * ", "Europe/Berlin", 3)
    assert (said.valid, said.message, said.preset) == (True, "Valid cron expression", "daily")
    assert said.description == "Every day at 08:00"
    assert said.next_runs == [
        datetime(2026, 3, day, hour, 0, tzinfo=UTC) for day, hour in ((28, 7), (29, 6), (30, 6))
    ]
    assert said.note == (
        "Clocks in Berlin go forward 1 hour on Sun 29 Mar 2026; the schedule keeps its local time."
    )
    assert services.schedules.explain(viewer, "0 8 * * *", None).note is None
    assert services.schedules.explain(viewer, "5 8 * * *", "UTC").preset == "custom"


def test_what_cannot_be_read_is_explained_too(services: Services, viewer: Principal) -> None:
    said = services.schedules.explain(viewer, "61 * * * *", "UTC")
    assert (said.valid, said.description, said.next_runs, said.note, said.preset) == (
        False,
        None,
        [],
        None,
        "custom",
    )
    assert "minute" in said.message.lower()


def test_who_may_read_nowhere_gets_no_explanation(services: Services, viewer: Principal) -> None:
    with pytest.raises(Forbidden):
        services.schedules.explain(Principal(uuid_of(1)), "0 9 * * *", "UTC")
    with pytest.raises(Invalid) as e:
        services.schedules.explain(viewer, "0 9 * * *", "Mars/Olympus")
    assert pointers(e) == ["/timezone"]
