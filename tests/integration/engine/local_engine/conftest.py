"""A schedule to run."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Campaign, Schedule
from exports_app.wiring import Services
from tests.integration.engine.local_engine.running import ANN, BOB
from tests.world import (
    make_schedule,
)


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    return make_schedule(services, admin, recipients=(ANN, BOB))
