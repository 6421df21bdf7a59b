"""What one tenant may take: schedules, pending runs and files."""

from datetime import timedelta

import pytest

from exports_app.domain.errors import Forbidden, Invalid, NotFound, QuotaExceeded
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, NotificationKind, Page
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.tenants.quotas.usage import ANN, give, used
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    claim,
    execute,
    make_schedule,
    runs_of,
    side_by_side,
    stored,
    the_run,
    trigger_and_execute,
)


class TestLimits:
    def test_a_tenant_has_the_installations_until_a_super_admin_gives_it_its_own(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=7)
        by_name = {q.name: q for q in services.quotas.find(cast.admin.who, cast.acme.id)}
        assert (by_name["schedules"].limit, by_name["schedules"].own) == (7, 7)
        assert (by_name["pending_runs"].limit, by_name["pending_runs"].own) == (1000, None)
        give(services, cast, schedules=None)
        by_name = {q.name: q for q in services.quotas.find(cast.admin.who, cast.acme.id)}
        assert (by_name["schedules"].limit, by_name["schedules"].own) == (10_000, None)
        entries, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
        changes = [
            entry.detail["changed"] for entry in entries if entry.action is Action.QUOTAS_CHANGED
        ]
        assert {"quota_schedules": [None, 7]} in changes

    def test_nobody_else_changes_them(self, services: Services, cast: Cast) -> None:
        for person, refusal in (
            (cast.admin, Forbidden),
            (cast.viewer, Forbidden),
            (cast.outsider, NotFound),
        ):
            with pytest.raises(refusal):
                services.quotas.change(person.who, cast.acme.id, {"schedules": 10**6})
        with pytest.raises(Forbidden):
            services.quotas.find(cast.viewer.who, cast.acme.id)

    @pytest.mark.parametrize("limit", [0, -1, 10**16])
    def test_a_senseless_limit_is_refused(self, services: Services, cast: Cast, limit: int) -> None:
        with pytest.raises(Invalid):
            give(services, cast, file_bytes=limit)


class TestSchedules:
    def test_no_more_than_allowed_are_made_and_deleted_ones_do_not_count(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=2)
        first = make_schedule(services, cast.admin.who)
        make_schedule(services, cast.admin.who)
        with pytest.raises(QuotaExceeded, match="has reached its limit of 2 scheduled exports"):
            make_schedule(services, cast.admin.who)
        services.schedules.delete(cast.admin.who, first.id)
        assert make_schedule(services, cast.admin.who)

    def test_two_who_make_the_last_one_at_once_do_not_both(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=1)

        def make(_: int) -> bool:
            try:
                make_schedule(services, cast.admin.who)
            except QuotaExceeded:
                return False
            return True

        assert sorted(side_by_side(4, make)) == [False, False, False, True]


class TestPendingRuns:
    def test_people_are_refused_and_nothing_is_written(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, pending_runs=2)
        schedule = make_schedule(services, cast.admin.who)
        services.schedules.trigger(cast.admin.who, schedule.id)
        services.schedules.trigger(cast.admin.who, schedule.id)
        day = services.clock().date() - timedelta(days=1)
        for ask in (
            lambda: services.schedules.trigger(cast.admin.who, schedule.id),
            lambda: services.schedules.trigger(cast.admin.who, schedule.id, SendTo.CALLER),
            lambda: services.backfill.run(
                cast.admin.who, schedule.id, day - timedelta(days=30), day
            ),
        ):
            with pytest.raises(QuotaExceeded, match="2 of at most 2 queued runs"):
                ask()
        assert len(runs_of(services, schedule)) == 2

    def test_of_those_who_ask_for_the_last_one_at_once_one_gets_it(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, pending_runs=3)
        schedules = [
            make_schedule(services, cast.admin.who, schedule="0 9 * * *") for _ in range(4)
        ]
        services.schedules.trigger(cast.admin.who, schedules[0].id)
        day = services.clock().date() - timedelta(days=1)

        def ask(number: int) -> bool:
            who, schedule_id = cast.admin.who, schedules[number % 4].id
            try:
                if number % 3 == 0:
                    services.schedules.trigger(who, schedule_id)
                elif number % 3 == 1:
                    services.schedules.trigger(who, schedule_id, SendTo.CALLER)
                else:
                    services.backfill.run(who, schedule_id, day, day)
            except QuotaExceeded:
                return False
            return True

        assert sum(side_by_side(12, ask)) == 2
        assert used(services, cast, "pending_runs") == 3

    def test_another_tenant_is_not_concerned(self, services: Services, cast: Cast) -> None:
        give(services, cast, pending_runs=1)
        schedule = make_schedule(services, cast.admin.who)
        services.schedules.trigger(cast.admin.who, schedule.id)
        other = make_schedule(services, cast.outsider.who)
        assert services.schedules.trigger(cast.outsider.who, other.id)

    def test_a_tick_without_room_is_a_run_that_failed_and_its_owner_hears_of_it(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        give(services, cast, pending_runs=2)
        schedules = [
            make_schedule(services, cast.admin.who, schedule="0 9 * * *") for _ in range(3)
        ]
        clock.set(stored(services, schedules[0]).next_run_at or clock())
        assert services.ticks.tick() == 3
        runs = [run for schedule in schedules for run in runs_of(services, schedule)]
        by_status = sorted(run.status for run in runs)
        assert by_status == [RunStatus.FAILED, RunStatus.PENDING, RunStatus.PENDING]
        (failed,) = [run for run in runs if run.status is RunStatus.FAILED]
        assert failed.error_code == "quota_exceeded"
        assert "had reached its limit of 2 queued runs" in (failed.error or "")
        schedule = stored(
            services, next(s for s in schedules if s.id == failed.scheduled_export_id)
        )
        assert (schedule.last_status, schedule.failures) == (RunStatus.FAILED, 1)
        assert schedule.next_run_at
        assert schedule.next_run_at > clock()
        (notice,) = services.history.notifications(cast.admin.who, schedule.id, 5)
        assert notice.kind is NotificationKind.FAILING


class TestFiles:
    def test_without_room_no_file_is_kept_and_the_run_says_why(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        first = trigger_and_execute(services, cast.admin.who, schedule)
        assert mail.wait_for(1)
        assert used(services, cast, "file_bytes") == first.file_size
        services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, file_bytes=(first.file_size or 0) + 1)
        done = execute(services, claim(services))
        assert (done.status, done.error_code, done.file_key) == (
            RunStatus.FAILED,
            "quota_exceeded",
            None,
        )
        assert "there is no room for another" in (done.error or "")
        assert len(mail.messages) == 1

    def test_files_that_were_removed_make_room(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        first = trigger_and_execute(services, cast.admin.who, schedule)
        give(services, cast, file_bytes=first.file_size)
        with pytest.raises(QuotaExceeded):
            services.schedules.trigger(cast.admin.who, schedule.id)
        clock.advance(days=31)
        services.retention.sweep()
        assert the_run(services, first).file_removed_at
        assert used(services, cast, "file_bytes") == 0
        assert services.schedules.trigger(cast.admin.who, schedule.id)
        assert mail.wait_for(1)
