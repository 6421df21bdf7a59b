"""A scheduled export."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule
from exports_app.wiring import Services
from tests.world import (
    make_schedule,
)


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)
