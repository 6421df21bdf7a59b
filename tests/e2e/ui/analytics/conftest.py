"""A tenant with campaigns."""

import pytest

from exports_app.services.core.records import Campaign
from tests.e2e.ui.house import Company, House


@pytest.fixture
def company(house: House) -> Company:
    """Its days are those by which the house counts its numbers."""
    return house.company(timezone="UTC")


@pytest.fixture
def campaigns(house: House, company: Company) -> list[Campaign]:
    made = [house.campaign(company, name) for name in ("Spring", "Autumn, all regions & <markets>")]
    return [*made, house.campaign(company, "Überall", currency="USD")]
