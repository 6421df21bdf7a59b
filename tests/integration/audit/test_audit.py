"""Who did what and when: each change has its entry, in its own transaction, and nobody changes
one."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import (
    Action,
    AuditEntry,
    Campaign,
    Metric,
    Page,
    Schedule,
    Tenant,
)
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, claim, make_schedule, sql

ALL = AuditFilter()


def entries(services: Services, who: Principal, where: AuditFilter = ALL) -> list[AuditEntry]:
    found, total = services.audit.find(who, None, where, Page(size=200))
    assert len(found) == total
    return found


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, name="Numbers")


def test_what_somebody_does_to_a_schedule_and_its_runs_is_told(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock, acme: Tenant
) -> None:
    expected = [Action.SCHEDULE_CREATED]

    def done(action: Action) -> None:
        expected.append(action)
        clock.advance(seconds=1)

    clock.advance(seconds=1)
    services.schedules.update(admin, schedule.id, {"schedule": "0 8 * * *", "is_active": False})
    done(Action.SCHEDULE_UPDATED)
    services.schedules.update(admin, schedule.id, {"is_active": False})  # nothing changes
    run = services.schedules.trigger(admin, schedule.id)
    done(Action.RUN_TRIGGERED)
    services.run_actions.cancel(admin, schedule.id, run.id)
    done(Action.RUN_CANCELLED)
    services.run_actions.rerun(admin, schedule.id, run.id)
    done(Action.RUN_REPEATED)
    services.schedules.trigger(admin, schedule.id, SendTo.CALLER)
    done(Action.RUN_TESTED)
    today = clock().date()
    services.backfill.run(admin, schedule.id, today - timedelta(days=2), today)
    done(Action.RUN_BACKFILLED)
    services.schedules.delete(admin, schedule.id)
    done(Action.SCHEDULE_DELETED)
    found = entries(services, admin)
    assert [one.action for one in reversed(found)] == expected
    assert {(one.tenant_id, one.actor_id, one.actor_name) for one in found} == {
        (acme.id, admin.user_id, "Admin")
    }
    assert {(one.subject_id, one.subject_name) for one in found} == {(schedule.id, "Numbers")}
    assert found[-2].detail == {
        "changed": {"schedule": [schedule.schedule, "0 8 * * *"], "is_active": [True, False]}
    }


def test_a_pause_by_the_app_is_told_too(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"schedule": "* * * * *", "pause_after": 1})
    sql(services, "UPDATE scheduled_exports SET next_run_at = created_at")
    services.ticks.tick()
    services.run_endings.close(claim(services), RunStatus.FAILED, "it broke", "broken")
    (paused,) = (
        entry for entry in entries(services, admin) if entry.action is Action.SCHEDULE_PAUSED
    )
    assert (paused.actor_id, paused.actor_name) == (None, "the app")
    assert paused.detail == {"reason": "the last run failed: it broke"}


def test_campaigns(services: Services, admin: Principal, clock: FakeClock) -> None:
    made = services.campaigns.create(
        admin, None, {"name": "Launch", "channel": "x", "status": "on", "currency": "EUR"}
    )
    for act in (
        lambda: services.campaigns.update(admin, made.id, {"name": "Relaunch"}),
        lambda: services.campaigns.update(admin, made.id, {"name": "Relaunch"}),
        lambda: services.campaigns.write_metrics(admin, made.id, [Metric(made.id, clock().date())]),
        lambda: services.campaigns.delete(admin, made.id),
    ):
        clock.advance(seconds=1)
        act()  # type: ignore[no-untyped-call]
    found = [(entry.action, entry.detail) for entry in reversed(entries(services, admin))]
    assert found == [
        (Action.CAMPAIGN_CREATED, {}),
        (Action.CAMPAIGN_UPDATED, {"changed": {"name": ["Launch", "Relaunch"]}}),
        (Action.CAMPAIGN_METRICS, {"days": 1}),
        (Action.CAMPAIGN_DELETED, {}),
    ]


def test_what_fails_leaves_no_entry(
    services: Services, admin: Principal, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(services, admin)
    with pytest.raises(Invalid):
        services.schedules.update(admin, schedule.id, {"name": ""})
    with monkeypatch.context() as broken:
        name = "exports_app.services.audit.audit_log.note_schedules"
        broken.setattr(name, lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.schedules.update(admin, schedule.id, {"name": "Renamed"})
    assert entries(services, admin) == before
    assert services.schedules.get(admin, schedule.id).name == "Numbers"


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entries SET actor_name = 'Nobody'", "DELETE FROM audit_entries"]
)
def test_nobody_changes_or_removes_one(
    services: Services, admin: Principal, schedule: Schedule, statement: str
) -> None:
    before = entries(services, admin)
    assert before
    with pytest.raises(DBAPIError, match="only ever added"):
        sql(services, statement)
    assert entries(services, admin) == before
    assert schedule


class TestWho:
    @pytest.fixture(autouse=True)
    def both(self, services: Services, cast: Cast) -> None:
        make_schedule(services, cast.admin.who, name="Ours")
        make_schedule(services, cast.outsider.who, cast.globex.id, name="Theirs")
        services.provisioning.create_user(
            "new@example.com", "New", "a long password", tenant="acme"
        )

    def test_an_admin_sees_their_tenants_alone(self, services: Services, cast: Cast) -> None:
        assert {entry.tenant_id for entry in entries(services, cast.admin.who)} == {cast.acme.id}
        assert {entry.tenant_id for entry in entries(services, cast.outsider.who)} == {
            cast.globex.id
        }
        with pytest.raises(NotFound):
            services.audit.find(cast.admin.who, cast.globex.id, ALL, Page())

    def test_a_super_admin_sees_all_of_it_or_one_tenant(
        self, services: Services, cast: Cast
    ) -> None:
        assert {entry.tenant_id for entry in entries(services, cast.super_admin.who)} == {
            None,
            cast.acme.id,
            cast.globex.id,
        }
        found, _ = services.audit.find(cast.super_admin.who, cast.acme.id, ALL, Page())
        assert {one.tenant_id for one in found} == {cast.acme.id}

    @pytest.mark.parametrize(
        "ask", [lambda a, who: a.find(who, None, ALL, Page()), lambda a, who: a.csv(who, None, ALL)]
    )
    def test_a_viewer_sees_nothing(
        self, services: Services, cast: Cast, ask: Callable[..., Any]
    ) -> None:
        with pytest.raises(Forbidden):
            ask(services.audit, cast.viewer.who)

    def test_the_command_line_is_told_as_such_without_a_password(
        self, services: Services, cast: Cast
    ) -> None:
        found = [
            entry for entry in entries(services, cast.super_admin.who) if entry.actor_id is None
        ]
        assert {one.action for one in found} == {Action.USER_CREATED, Action.MEMBER_ADDED}
        assert {one.actor_name for one in found} == {"the command line"}
        assert "a long password" not in repr(found)


class TestLooking:
    def test_by_area_time_and_words(
        self,
        services: Services,
        admin: Principal,
        campaigns: dict[str, Campaign],
        schedule: Schedule,
        clock: FakeClock,
    ) -> None:
        then = clock.advance(hours=1)
        services.schedules.update(admin, schedule.id, {"name": "50% off"})
        one = next(iter(campaigns.values()))
        services.campaigns.update(admin, one.id, {"name": "Autumn"})
        assert {e.action for e in entries(services, admin, AuditFilter("campaign"))} == {
            Action.CAMPAIGN_UPDATED
        }
        assert [e.subject_name for e in entries(services, admin, AuditFilter(q="50%"))] == [
            "50% off"
        ]
        assert len(entries(services, admin, AuditFilter(since=clock()))) == 2
        assert [e.action for e in entries(services, admin, AuditFilter(before=clock()))] == [
            Action.SCHEDULE_CREATED
        ]
        assert then is None or then

    @pytest.mark.parametrize("where", [AuditFilter("nonsense"), AuditFilter(q="\0")])
    def test_nonsense_is_refused(
        self, services: Services, admin: Principal, where: AuditFilter
    ) -> None:
        with pytest.raises(Invalid):
            services.audit.find(admin, None, where, Page())

    def test_a_span_that_ends_before_it_begins(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        with pytest.raises(Invalid):
            services.audit.find(admin, None, AuditFilter(since=clock(), before=clock()), Page())

    def test_pages(self, services: Services, admin: Principal, clock: FakeClock) -> None:
        for i in range(5):
            clock.advance(seconds=1)
            make_schedule(services, admin, name=f"No. {i}")
        first, total = services.audit.find(admin, None, ALL, Page(1, 2))
        last, _ = services.audit.find(admin, None, ALL, Page(3, 2))
        assert ([e.subject_name for e in first], [e.subject_name for e in last], total) == (
            ["No. 4", "No. 3"],
            ["No. 0"],
            5,
        )

    def test_the_csv_begins_at_once_and_holds_what_happened_at_one_instant(
        self,
        services: Services,
        admin: Principal,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.audit_log.BATCH", 2)
        for i in range(7):
            make_schedule(services, admin, name=f"No. {i}")
        clock.advance(seconds=1)
        header, *pieces = services.audit.csv(admin, None, ALL)
        assert header.startswith("at,actor,")
        assert header.count("\n") == 1
        rows = list(csv.reader(io.StringIO("".join(pieces))))
        assert sorted(row[3] for row in rows) == [f"No. {i}" for i in range(7)]

    def test_as_csv_all_of_it_without_formulas(
        self,
        services: Services,
        admin: Principal,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.audit_log.BATCH", 2)
        for name in ("=1+1", 'a "b", c', "Ünïcode", "d"):
            clock.advance(seconds=1)
            make_schedule(services, admin, name=name)
        clock.advance(seconds=1)
        text = "".join(services.audit.csv(admin, None, ALL))
        header, *rows = csv.reader(io.StringIO(text))
        assert header == [
            *("at", "actor", "action", "subject", "subject_id", "detail"),
            *("address", "session", "request_id"),
        ]
        assert [row[3] for row in rows] == ["d", "Ünïcode", 'a "b", c', "'=1+1"]
        assert {(row[1], row[2]) for row in rows} == {("Admin", "schedule.created")}
