"""What a schedule's policies make of its ticks: overlapping ones, missed ones, late starts."""

from datetime import datetime, timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.policies import MOST_CAUGHT_UP, jitter
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.world import claim, make_schedule, runs_of, stored, the_run

MINUTE = timedelta(minutes=1)


def minutely(services: Services, who: Principal, **changes: object) -> Schedule:
    return make_schedule(services, who, schedule="* * * * *", timezone="UTC", **changes)


def tick(services: Services, clock: FakeClock, minutes: int = 1) -> None:
    clock.advance(minutes=minutes)
    services.ticks.tick()


def in_order(services: Services, schedule: Schedule) -> list[Run]:
    """Of their ticks; all that there are."""
    with services.store.read() as tx:
        runs, total = tx.runs.of_schedule(schedule.id, 500)
    assert len(runs) == total
    return sorted(runs, key=lambda run: run.scheduled_for or NOW)


def states(services: Services, schedule: Schedule) -> list[tuple[RunStatus, str | None]]:
    return [(run.status, run.error_code) for run in in_order(services, schedule)]


PENDING = (RunStatus.PENDING, None)
PROCESSING = (RunStatus.PROCESSING, None)
OVERLAP = (RunStatus.SKIPPED, "overlap")
MISSED = (RunStatus.SKIPPED, "missed")


class TestOverlap:
    @pytest.mark.parametrize(
        ("policy", "while_waiting", "while_processing"),
        [
            ("skip", [PENDING, OVERLAP], [PROCESSING, OVERLAP, OVERLAP]),
            ("queue_one", [PENDING, OVERLAP], [PROCESSING, PENDING, OVERLAP]),
            ("allow", [PENDING, PENDING], [PROCESSING, PENDING, PENDING]),
        ],
    )
    def test_a_tick_that_comes_too_soon(
        self,
        services: Services,
        admin: Principal,
        clock: FakeClock,
        policy: str,
        while_waiting: list[object],
        while_processing: list[object],
    ) -> None:
        first = minutely(services, admin, overlap=policy)
        for _ in range(2):
            tick(services, clock)
        assert states(services, first) == while_waiting
        services.schedules.delete(admin, first.id)

        second = minutely(services, admin, overlap=policy)
        tick(services, clock)
        claim(services)
        for _ in range(2):
            tick(services, clock)
        assert states(services, second) == while_processing

    def test_a_skipped_tick_says_why_and_is_no_result_of_its_schedule(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin)
        for _ in range(2):
            tick(services, clock)
        skipped = in_order(services, schedule)[-1]
        assert "was still running" in (skipped.error or "")
        assert (skipped.completed_at, skipped.started_at, skipped.attempt) == (clock(), None, 0)
        assert (stored(services, schedule).last_status, stored(services, schedule).failures) == (
            None,
            0,
        )

    def test_only_allow_lets_runs_of_one_schedule_run_side_by_side(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        for policy, beside in (("queue_one", False), ("allow", True)):
            schedule = minutely(services, admin, overlap=policy)
            tick(services, clock)
            claim(services)
            tick(services, clock)
            assert (services.run_queue.claim() is not None) == beside
            services.schedules.delete(admin, schedule.id)

    @pytest.mark.parametrize("ask", ["trigger", "test", "backfill"])
    def test_what_somebody_asked_for_skips_no_tick(
        self, services: Services, admin: Principal, clock: FakeClock, ask: str
    ) -> None:
        schedule = make_schedule(services, admin, schedule="0 9-23 * * *", timezone="UTC")
        today = clock().date()
        asking = {
            "trigger": lambda: services.schedules.trigger(admin, schedule.id),
            "test": lambda: services.schedules.trigger(admin, schedule.id, SendTo.CALLER),
            "backfill": lambda: services.backfill.run(admin, schedule.id, today, today),
        }
        asking[ask]()
        claim(services)
        clock.set(NOW.replace(hour=11, minute=0))
        services.ticks.tick()
        (run,) = [one for one in runs_of(services, schedule) if one.scheduled_for == clock()]
        assert run.status is RunStatus.PENDING


class TestCatchUp:
    def test_the_latest_of_thirty_days_of_minutes_runs_once(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin)
        tick(services, clock, 30 * 24 * 60)
        (run,) = in_order(services, schedule)
        assert (run.status, run.scheduled_for, run.missed_ticks) == (
            RunStatus.PENDING,
            clock(),
            30 * 24 * 60 - 1,
        )
        assert stored(services, schedule).next_run_at == clock() + MINUTE

    def test_none_makes_nothing_up_and_says_so(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin, catch_up="none")
        tick(services, clock, 30 * 24 * 60)
        missed, on_time = in_order(services, schedule)
        assert (missed.status, missed.error_code, missed.missed_ticks) == (
            *MISSED,
            30 * 24 * 60 - 2,
        )
        assert missed.scheduled_for == clock() - MINUTE
        assert "are skipped" in (missed.error or "")
        assert (on_time.status, on_time.scheduled_for, on_time.missed_ticks) == (
            RunStatus.PENDING,
            clock(),
            0,
        )

    def test_none_skips_also_the_only_one_that_is_late(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(
            services, admin, schedule="0 11 * * *", timezone="UTC", catch_up="none"
        )
        clock.set(NOW.replace(hour=11, minute=1))
        services.ticks.tick()
        assert states(services, schedule) == [PENDING]  # a minute is still on time
        clock.set(NOW.replace(hour=11, minute=1, second=1) + timedelta(days=1))
        services.ticks.tick()
        assert states(services, schedule) == [PENDING, MISSED]

    def test_all_makes_up_the_newest_hundred_within_its_hours(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin, catch_up="all")
        tick(services, clock, 30 * 24 * 60)
        missed, *made = in_order(services, schedule)
        assert len(made) == MOST_CAUGHT_UP
        assert [run.scheduled_for for run in made] == [
            clock() - MINUTE * i for i in reversed(range(MOST_CAUGHT_UP))
        ]
        assert {(run.status, run.missed_ticks) for run in made} == {(RunStatus.PENDING, 0)}
        assert (missed.status, missed.error_code) == MISSED
        assert missed.missed_ticks + 1 + len(made) == 30 * 24 * 60
        assert missed.scheduled_for == clock() - MINUTE * MOST_CAUGHT_UP
        assert "newest 100 of the last 168 hours" in (missed.error or "")

    def test_all_makes_up_only_what_is_young_enough(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(
            services,
            admin,
            schedule="0 * * * *",
            timezone="UTC",
            catch_up="all",
            catch_up_hours=3,
            overlap="allow",
        )
        clock.set(NOW.replace(hour=20, minute=15))
        services.ticks.tick()
        missed, *made = in_order(services, schedule)
        assert [run.scheduled_for.hour for run in made if run.scheduled_for] == [18, 19, 20]
        assert (missed.scheduled_for, missed.missed_ticks) == (NOW.replace(hour=17, minute=0), 6)

    def test_all_of_few_are_made_up_and_nothing_is_said_to_be_missed(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin, catch_up="all")
        tick(services, clock, 7)
        assert states(services, schedule) == [PENDING] * 7
        claimed = list[datetime | None]()
        for _ in range(7):
            run = claim(services)
            claimed.append(run.scheduled_for)
            assert services.run_queue.claim() is None  # one after the other
            services.run_endings.close(run, RunStatus.COMPLETED)
        assert claimed == sorted(one for one in claimed if one)

    def test_a_schedule_that_was_off_is_not_caught_up(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = minutely(services, admin, catch_up="all", is_active=False)
        clock.advance(days=3)
        services.schedules.update(admin, schedule.id, {"is_active": True})
        services.ticks.tick()
        assert runs_of(services, schedule) == []


class TestJitter:
    def test_a_run_starts_later_by_what_is_its_schedules_own(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(
            services, admin, schedule="0 * * * *", timezone="UTC", jitter_seconds=1800
        )
        late = jitter(schedule.id, 1800)
        for hour in (11, 12):
            clock.set(NOW.replace(hour=hour, minute=0))
            services.ticks.tick()
            run = in_order(services, schedule)[-1]
            assert run.scheduled_for == clock()
            assert (run.next_attempt_at or clock()) == clock() + late
            clock.advance(seconds=late.total_seconds())
            services.run_endings.close(claim(services), RunStatus.COMPLETED)
        assert states(services, schedule) == [(RunStatus.COMPLETED, None)] * 2

    def test_runs_that_all_start_late_keep_their_distance_and_skip_no_tick(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        """A jitter that is longer than the interval."""
        schedule = minutely(services, admin, jitter_seconds=3600)
        for _ in range(75):
            clock.advance(minutes=1)
            while run := services.run_queue.claim():
                services.run_endings.close(run, RunStatus.COMPLETED)
            services.ticks.tick()
        found = in_order(services, schedule)
        assert len(found) == 75
        assert [run for run in found if run.status is RunStatus.SKIPPED] == []
        assert found[0].status is RunStatus.COMPLETED

    def test_a_missed_tick_is_not_held_back_again(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(
            services, admin, schedule="0 * * * *", timezone="UTC", jitter_seconds=3600
        )
        clock.set(NOW.replace(hour=12, minute=0) + timedelta(hours=1, seconds=-1))
        services.ticks.tick()
        (run,) = in_order(services, schedule)
        starts = NOW.replace(hour=12, minute=0) + jitter(schedule.id, 3600)
        assert run.next_attempt_at == (starts if starts > clock() else None)
        assert the_run(services, run).status is RunStatus.PENDING
