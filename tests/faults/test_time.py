"""Long outages, and rights that are lost between two ticks."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Role
from exports_app.domain.runs.policies import MOST_CAUGHT_UP
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run
from tests.faults.house import MINUTE, House
from tests.world import set_role, stored


@pytest.mark.long
def test_after_thirty_days_down_each_minute_is_run_or_counted_by_the_catch_up_policy(
    house: House,
) -> None:
    schedules = {
        policy: house.schedule(policy, f"ok+{policy}@example.com", catch_up=policy)
        for policy in ("latest", "none", "all")
    }
    house.make_due(30 * 24 * 60)
    first_due = stored(house.services, schedules["all"]).next_run_at
    app = house.serve()
    house.all_end(1 + 2 + 1 + MOST_CAUGHT_UP, app)
    house.calm()
    runs = house.all_end(1 + 2 + 1 + MOST_CAUGHT_UP, app)
    back_at = min(run.created_at for run in runs)
    assert first_due is not None
    ticks = (back_at - first_due) // MINUTE + 1
    assert ticks >= timedelta(days=30) // MINUTE
    ends = {
        "latest": (1, 0),
        "none": (1, 1),
        "all": (MOST_CAUGHT_UP, 1),
    }  # even none runs the tick that is on time
    for policy, (run_count, skipped_count) in ends.items():
        # What became due later is not of the outage
        mine = [
            r
            for r in runs
            if r.scheduled_export_id == schedules[policy].id
            and r.scheduled_for
            and r.scheduled_for <= back_at
        ]
        assert sum(1 + run.missed_ticks for run in mine) == ticks, policy
        assert [r.status for r in mine].count(RunStatus.COMPLETED) == run_count
        skipped = [r for r in mine if r.status is RunStatus.SKIPPED]
        assert [r.error_code for r in skipped] == ["missed"] * skipped_count
        assert all(r.error for r in skipped)
        assert len(mine) == run_count + skipped_count
    print(f"\n30 days of minutes: {ticks} ticks; run, and counted in a skipped row: {ends}")


def newest(runs: list[Run]) -> Run:
    return max(runs, key=lambda run: run.created_at)


@pytest.mark.long
def test_an_owner_who_loses_the_right_between_ticks_pauses_the_schedule_until_another_takes_over(
    house: House,
) -> None:
    schedule = house.once("Owned")
    house.make_due(3)
    app = house.serve()
    assert newest(house.all_end(1, app)).status is RunStatus.COMPLETED
    assert app.stop() == 0
    set_role(house.services, house.cast.admin.user.id, house.cast.acme.id, Role.VIEWER)
    house.make_due(2)
    app.tend()
    failed = newest(house.all_end(2, app))
    assert (failed.status, failed.error_code) == (RunStatus.FAILED, "access_lost")
    assert app.stop() == 0
    paused = stored(house.services, schedule)
    assert (paused.is_active, paused.next_run_at, paused.paused_reason) == (
        False,
        None,
        failed.error,
    )

    boss = house.cast.super_admin
    house.services.schedules.update(boss.who, schedule.id, {"is_active": True})
    assert stored(house.services, schedule).owner_id == boss.user.id
    house.make_due(1)
    app.tend()
    assert newest(house.all_end(3, app)).status is RunStatus.COMPLETED
    assert len(house.post.to("ok@example.com")) == 2
