"""A schedule and a run of it that waits."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.world import (
    claim,
    make_schedule,
)


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, recipients=("ann@example.com", "bob@example.com"))


@pytest.fixture
def run(services: Services, admin: Principal, schedule: Schedule) -> Run:
    services.schedules.trigger(admin, schedule.id)
    return claim(services)
