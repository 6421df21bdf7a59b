"""A schedule with three recipients, and a run that reached two of them."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Campaign, Run, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.integration.runs.run_actions.recipients import ANN, BOB, CY, refused
from tests.world import (
    make_schedule,
)


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    return make_schedule(
        services, admin, recipients=(ANN, BOB, CY), filters=Filters(period="yesterday")
    )


@pytest.fixture
def partial(services: Services, admin: Principal, schedule: Schedule) -> Run:
    """Bob did not get it."""
    return refused(services, admin, schedule, BOB)
