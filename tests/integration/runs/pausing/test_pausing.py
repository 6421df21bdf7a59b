"""A schedule that keeps failing is paused."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, RunError
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import NotificationKind, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.pausing.failures import (
    FAILING,
    GAVE_UP,
    OWNER,
    RECOVERED,
    ends,
    fails,
    next_run,
    told,
)
from tests.mailserver import MailServer, mail_server
from tests.world import Cast, claim, execute, registered, set_role, sql, stored


class TestPausing:
    def test_after_so_many_failures_in_a_row(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        for number in (1, 2):
            fails(services, clock)
            assert (stored(services, hourly).is_active, stored(services, hourly).failures) == (
                True,
                number,
            )
        fails(services, clock)
        paused = stored(services, hourly)
        assert (paused.is_active, paused.next_run_at, paused.paused_at) == (False, None, clock())
        assert paused.paused_reason == "3 runs failed in a row; the last one: it broke"
        assert paused.version == hourly.version + 1
        clock.advance(hours=5)
        assert services.ticks.tick() == 0

    def test_a_good_run_in_between_begins_anew(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        for status in (
            RunStatus.FAILED,
            RunStatus.FAILED,
            RunStatus.COMPLETED,
            RunStatus.FAILED,
            RunStatus.FAILED,
        ):
            ends(services, clock, status)
        assert (stored(services, hourly).is_active, stored(services, hourly).failures) == (True, 2)

    def test_a_partial_run_is_no_failure_to_pause_for(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        for status in (RunStatus.FAILED, RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.FAILED):
            ends(services, clock, status)
        assert (stored(services, hourly).is_active, stored(services, hourly).failures) == (True, 1)

    def test_zero_means_never(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        services.schedules.update(admin, hourly.id, {"pause_after": 0})
        for _ in range(7):
            fails(services, clock)
        assert stored(services, hourly).is_active

    def test_runs_that_somebody_asked_for_do_not_count(
        self, services: Services, admin: Principal, hourly: Schedule
    ) -> None:
        for _ in range(4):
            services.schedules.trigger(admin, hourly.id)
            services.run_endings.close(claim(services), RunStatus.FAILED, "it broke", "broken")
        assert (stored(services, hourly).is_active, stored(services, hourly).failures) == (True, 0)
        assert told(services, hourly) == []

    def test_the_owner_and_the_admins_get_one_email_each(
        self, services: Services, cast: Cast, clock: FakeClock, hourly: Schedule, mail: MailServer
    ) -> None:
        set_role(services, cast.viewer.user.id, cast.acme.id, Role.ADMIN)
        for _ in range(3):
            fails(services, clock)
        assert told(services, hourly)[0] == FAILING
        assert sorted(told(services, hourly)[1:]) == [
            (NotificationKind.PAUSED, OWNER),
            (NotificationKind.PAUSED, "viewer@example.com"),
        ]
        assert services.notifications.send_due() == 3
        assert services.notifications.send_due() == 0
        sent = mail.wait_for(3)
        assert sorted(m.rcpt_tos[0] for m in sent if "paused" in m.message["Subject"]) == [
            OWNER,
            "viewer@example.com",
        ]
        (one,) = [m for m in sent if "paused" in m.message["Subject"] and m.rcpt_tos == [OWNER]]
        body = one.message.get_body(("plain",))
        assert body is not None
        assert "3 runs failed in a row; the last one: it broke" in " ".join(
            body.get_content().split()
        )
        assert f"/scheduled-exports/{hourly.id}?run=" in body.get_content()

    def test_whoever_resumes_it_owns_it_and_the_row_of_failures_begins_anew(
        self, services: Services, cast: Cast, clock: FakeClock, hourly: Schedule
    ) -> None:
        for _ in range(3):
            fails(services, clock)
        resumed = services.schedules.update(cast.super_admin.who, hourly.id, {"is_active": True})
        assert (resumed.owner_id, resumed.failures) == (cast.super_admin.user.id, 0)
        assert (resumed.paused_at, resumed.paused_reason) == (None, None)
        assert resumed.next_run_at == clock() + timedelta(minutes=30)
        ends(services, clock, RunStatus.COMPLETED)
        assert told(services, hourly)[-1] == (NotificationKind.RECOVERED, "super@example.com")

    def test_the_first_failure_after_it_was_resumed_is_told(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        for _ in range(3):
            fails(services, clock)
        services.schedules.update(admin, hourly.id, {"is_active": True})
        before = told(services, hourly)
        for _ in range(2):
            fails(services, clock)
        assert told(services, hourly) == [*before, FAILING]

    def test_whoever_is_editing_it_learns_of_it_before_they_save(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        for _ in range(3):
            fails(services, clock)
        with pytest.raises(Conflict):
            services.schedules.update(admin, hourly.id, {"name": "Renamed"}, version=hourly.version)


class TestTheRowOfFailures:
    def test_is_ended_by_a_run_that_had_nothing_to_send(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        for _ in range(2):
            fails(services, clock)
            ends(services, clock, RunStatus.SKIPPED, "there was no data for its dates", "no_data")
            assert stored(services, hourly).failures == 0
        assert told(services, hourly) == [FAILING, RECOVERED] * 2
        with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
            while services.notifications.send_due():
                pass
            body = server.messages[-1].message.get_body(("plain",))
        assert body is not None
        assert "There was no data for its dates." in " ".join(body.get_content().split())

    def test_does_not_grow_with_a_run_that_is_sent_again_and_fails_again(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        with (
            mail_server(refuse={"ann@example.com": "550 no such user"}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            run = execute(services, next_run(services, clock))
            assert (run.status, stored(services, hourly).failures) == (RunStatus.FAILED, 1)
            for _ in range(3):
                services.run_actions.resend(admin, hourly.id, run.id)
                assert execute(services, claim(services)).status is RunStatus.FAILED
        now = stored(services, hourly)
        assert (now.failures, now.is_active, now.last_status) == (1, True, RunStatus.FAILED)
        assert told(services, hourly) == [FAILING]

    def test_does_not_grow_with_the_late_end_of_an_older_run_which_is_told(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        services.schedules.update(admin, hourly.id, {"overlap": "allow"})
        old = next_run(services, clock)
        ends(services, clock, RunStatus.COMPLETED)
        services.run_endings.close(old, RunStatus.FAILED, "it broke", "broken")
        now = stored(services, hourly)
        assert (now.failures, now.failing_since, now.last_status) == (0, None, RunStatus.COMPLETED)
        assert told(services, hourly) == [GAVE_UP]

    def test_ends_though_a_later_run_was_called_off(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        fails(services, clock)
        services.schedules.update(admin, hourly.id, {"overlap": "allow"})
        run = next_run(services, clock)
        clock.advance(minutes=1)
        later = services.schedules.trigger(admin, hourly.id)
        sql(services, 'UPDATE export_history SET "overlaps" = true')
        assert claim(services).id == later.id
        services.run_actions.cancel(admin, hourly.id, later.id)
        services.run_endings.close(run, RunStatus.COMPLETED)
        now = stored(services, hourly)
        assert (now.failures, now.last_status) == (0, RunStatus.COMPLETED)
        assert told(services, hourly) == [FAILING, RECOVERED]


class TestAccessLost:
    def test_pauses_at_once_and_another_admin_takes_over(
        self, services: Services, cast: Cast, clock: FakeClock, hourly: Schedule, mail: MailServer
    ) -> None:
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        set_role(services, cast.viewer.user.id, cast.acme.id, Role.ADMIN)
        run = execute(services, next_run(services, clock))
        assert (run.status, run.error_code, run.attempt) == (RunStatus.FAILED, "access_lost", 1)
        paused = stored(services, hourly)
        assert (paused.is_active, paused.paused_reason) == (False, run.error)
        assert sorted(told(services, hourly)) == [
            (NotificationKind.PAUSED, OWNER),
            (NotificationKind.PAUSED, "viewer@example.com"),
        ]

        new = Principal(cast.viewer.user.id, False, {cast.acme.id: Role.ADMIN})
        services.schedules.update(new, hourly.id, {"is_active": True})
        assert stored(services, hourly).owner_id == new.user_id
        assert execute(services, next_run(services, clock)).status is RunStatus.COMPLETED

    def test_an_old_run_of_the_owner_before_does_not_pause_what_was_taken_over(
        self, services: Services, cast: Cast, clock: FakeClock, hourly: Schedule
    ) -> None:
        run = next_run(services, clock)
        assert (
            services.run_endings.fail(run, RunError("the database was away", permanent=False))
            is RunStatus.PENDING
        )
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        for active in (False, True):
            services.schedules.update(cast.super_admin.who, hourly.id, {"is_active": active})
        clock.advance(minutes=10)
        late = execute(services, claim(services))
        assert (late.status, late.error_code) == (RunStatus.FAILED, "access_lost")
        assert stored(services, hourly).is_active

    def test_who_may_not_even_read_it_any_more_is_not_told(
        self, services: Services, cast: Cast, clock: FakeClock, hourly: Schedule
    ) -> None:
        set_role(services, cast.viewer.user.id, cast.acme.id, Role.ADMIN)
        with services.database.write() as connection:
            connection.exec_driver_sql(
                f"DELETE FROM memberships WHERE user_id = '{cast.admin.user.id}'"
            )
        execute(services, next_run(services, clock))
        assert told(services, hourly) == [(NotificationKind.PAUSED, "viewer@example.com")]
