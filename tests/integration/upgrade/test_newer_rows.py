"""Beside a newer version: what it stored is shown, and left alone."""

from dataclasses import replace

import pytest

from exports_app.domain.errors import Conflict, Forbidden
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page, Run
from exports_app.services.schedules.new_run import new_run
from exports_app.wiring import Services
from tests.newer_version import UNHEARD, NewerRows, make_newer_rows
from tests.world import Cast, claim, execute, make_schedule, sql, the_run


@pytest.fixture
def rows(services: Services, cast: Cast) -> NewerRows:
    return make_newer_rows(services, cast)


class TestReaders:
    def test_the_history_and_its_parts(
        self, services: Services, cast: Cast, rows: NewerRows
    ) -> None:
        who, of = cast.admin.who, (rows.schedule.id, rows.run.id)
        run, deliveries = services.history.get(who, *of)
        assert (run.status, run.trigger, run.sent_as) == (UNHEARD, UNHEARD, UNHEARD)
        assert {delivery.status for delivery in deliveries} == {UNHEARD}
        assert [a.outcome for a in services.history.attempts(who, *of)] == [UNHEARD]
        notices = services.history.notifications(who, rows.schedule.id, 5)
        assert {(notice.kind, notice.status) for notice in notices} == {
            (UNHEARD, "pending"),
            (UNHEARD, "held"),
        }
        downloads, _ = services.download_log.of_run(who, *of, 5)
        assert [download.way for download in downloads] == [UNHEARD]

    def test_the_list(self, services: Services, cast: Cast, rows: NewerRows) -> None:
        who = cast.admin.who
        schedule = services.schedules.get(who, rows.schedule.id)
        assert (schedule.last_status, schedule.format, schedule.overlap) == (UNHEARD,) * 3
        assert services.schedule_summaries.summary(who, cast.acme.id).total == 1
        latest = services.schedule_summaries.latest(who, [schedule])
        assert latest[schedule.id].run.status == UNHEARD

    def test_members_and_invitations(self, services: Services, cast: Cast, rows: NewerRows) -> None:
        who = cast.admin.who
        roles = {m.user.name: m.role for m in services.members.find(who, cast.acme.id)}
        assert roles == {"Admin": "admin", "Viewer": UNHEARD}
        (invited,) = services.invitations.find(who, cast.acme.id)
        assert (invited.invitation.id, invited.invitation.role) == (rows.invitation.id, UNHEARD)
        accounts, _ = services.user_administration.find(cast.super_admin.who, "", Page(1, 10))
        assert UNHEARD in {role for account in accounts for _, role in account.roles}

    @pytest.mark.usefixtures("rows")
    def test_the_audit_and_its_file(self, services: Services, cast: Cast) -> None:
        who = cast.admin.who
        entries, _ = services.audit.find(who, cast.acme.id, AuditFilter(), Page(1, 50))
        assert "planet.moved" in {entry.action for entry in entries}
        services.clock.advance(seconds=1)  # type: ignore[attr-defined]
        lines = "".join(services.audit.csv(who, cast.acme.id, AuditFilter()))
        assert "planet.moved" in lines

    @pytest.mark.usefixtures("rows")
    def test_figures(self, services: Services, cast: Cast) -> None:
        assert services.health.figures().runs[UNHEARD] == 1
        assert services.export_analytics.read(cast.admin.who, cast.acme.id)


class TestTheEngine:
    def test_leaves_a_run_in_an_unknown_state_alone(
        self, services: Services, cast: Cast, rows: NewerRows
    ) -> None:
        sql(services, "UPDATE export_history SET completed_at = NULL")
        before = the_run(services, rows.run)
        assert services.run_queue.claim() is None
        assert services.run_endings.recover(everything=True) == 0
        services.clock.advance(days=400)  # type: ignore[attr-defined]
        services.retention.sweep()
        with pytest.raises(Conflict):
            services.run_actions.cancel(cast.admin.who, rows.schedule.id, rows.run.id)
        with pytest.raises(Conflict):
            services.run_actions.resend(cast.admin.who, rows.schedule.id, rows.run.id)
        with pytest.raises(Conflict):
            services.run_actions.rerun(cast.admin.who, rows.schedule.id, rows.run.id)
        assert the_run(services, before) == before

    @pytest.mark.usefixtures("rows")
    def test_sends_no_message_of_an_unknown_kind_or_state(self, services: Services) -> None:
        assert not services.notifications.due()
        assert services.notifications.send_due() == 0
        assert not services.account_messages.due()
        assert services.account_messages.send_due() == 0

    def test_leaves_a_file_that_must_go_out_in_an_unknown_form_to_the_newer_version(
        self, services: Services, cast: Cast
    ) -> None:
        run = execute(services, self.pending(services, cast, delivery=UNHEARD))
        assert (run.status, run.error_code) == (RunStatus.PENDING, "newer_version")
        assert run.next_attempt_at is not None
        assert run.file_key is None

    @staticmethod
    def pending(services: Services, cast: Cast, **options: str) -> Run:
        schedule = make_schedule(services, cast.admin.who)
        now = services.clock()
        run = new_run(
            schedule, Trigger.MANUAL, now, triggered_by=cast.admin.user.id, created_at=now
        )
        with services.store.write() as tx:
            tx.runs.add(replace(run, spec=replace(run.spec, **options)))  # type: ignore[arg-type]
        return claim(services)

    def test_runs_the_ticks_of_a_schedule_with_unknown_policies_once(
        self, services: Services, cast: Cast
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, schedule="0 * * * *")
        sql(services, "UPDATE scheduled_exports SET overlap = ?, catch_up = ?", UNHEARD, UNHEARD)
        services.clock.advance(hours=5)  # type: ignore[attr-defined]
        assert services.ticks.tick() == 1
        services.clock.advance(hours=1)  # type: ignore[attr-defined]
        assert services.ticks.tick() == 1
        runs, total = services.history.of_schedule(cast.admin.who, schedule.id, 5)
        assert total == 2
        assert [run.missed_ticks for run, _ in runs] == [0, 4]


@pytest.mark.usefixtures("rows")
def test_who_has_an_unknown_role_reads_no_tenant(services: Services, cast: Cast) -> None:
    with services.store.read() as tx:
        roles = tx.users.roles(cast.viewer.user.id)
    who = replace(cast.viewer.who, roles=roles)
    with pytest.raises(Forbidden):
        services.schedule_summaries.summary(who, cast.acme.id)
