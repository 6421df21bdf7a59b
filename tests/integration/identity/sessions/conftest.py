"""A session of someone who is signed in, and a run whose file they may save."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Run, Schedule
from exports_app.services.identity.sessions import (
    Sessions,
)
from exports_app.wiring import Services
from tests.world import (
    Cast,
    make_schedule,
    sign_in,
    trigger_and_execute,
)


@pytest.fixture
def sessions(services: Services) -> Sessions:
    return services.sessions


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


@pytest.fixture
def run(services: Services, admin: Principal, schedule: Schedule) -> Run:
    """Finished, with a file."""
    return trigger_and_execute(services, admin, schedule)


@pytest.fixture
def session_id(services: Services, cast: Cast) -> str:
    """The viewer's, who may read."""
    return sign_in(services, cast.viewer.user)
