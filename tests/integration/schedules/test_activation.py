"""Pausing and activating, and undoing it."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Forbidden, NotFound
from exports_app.services.core.records import Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, runs_of, stored


def test_a_time_that_passed_while_it_was_paused_runs_late(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    due = stored(services, schedule).next_run_at
    assert due is not None
    paused = services.activation.set_active(admin, schedule.id, active=False)
    assert paused is not None
    clock.set(due)
    assert services.ticks.tick() == 0
    assert services.activation.undo(admin, paused).next_run_at == due
    assert services.ticks.tick() == 1
    assert [run.scheduled_for for run in runs_of(services, schedule)] == [due]


def test_only_who_may_write_undoes_and_only_the_latest_state(
    services: Services, cast: Cast, schedule: Schedule
) -> None:
    admin = cast.admin.who
    paused = services.activation.set_active(admin, schedule.id, active=False)
    assert paused is not None
    assert services.activation.set_active(admin, schedule.id, active=False) is None
    for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
        with pytest.raises(error):
            services.activation.undo(who, paused)
    services.activation.undo(admin, paused)
    with pytest.raises(Conflict):
        services.activation.undo(admin, paused)
    assert stored(services, schedule).is_active
