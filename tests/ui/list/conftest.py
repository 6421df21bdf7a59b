"""Schedules to list."""

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule
from exports_app.ui.pages.scheduled_exports.list.state import SIZE
from exports_app.wiring import Services
from tests.world import make_schedule


@pytest.fixture
def many(services: Services, admin: Principal) -> list[Schedule]:
    names = [f"Report {i:03}" for i in range(SIZE + 5)]
    return [
        make_schedule(services, admin, name=name, format="csv" if i % 2 else "json")
        for i, name in enumerate(names)
    ]
