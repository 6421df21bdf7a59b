"""Schedules that differ."""

from typing import Any

import pytest

from tests.e2e.ui.house import GONE, Company, House


@pytest.fixture
def mixed(house: House, company: Company) -> dict[str, dict[str, Any]]:
    """Four schedules that differ in all that can be filtered by and sorted by; by name. Two have
    run."""
    house.campaign(company, "Spring")
    made = [
        house.schedule(
            company,
            "Bravo weekly",
            schedule="0 9 * * 1",
            recipients=["board@example.com"],
            format="excel",
        ),
        house.schedule(
            company, "Alpha daily", schedule="0 8 * * *", exportType="aggregate", format="json"
        ),
        house.schedule(company, "Delta paused", isActive=False, format="xml"),
        house.schedule(company, "Charlie monthly", schedule="30 6 1 * *", recipients=[GONE]),
    ]
    by_name = {one["name"]: one for one in made}
    house.run(company, by_name["Charlie monthly"]["id"])
    house.run(company, by_name["Bravo weekly"]["id"])
    return by_name
