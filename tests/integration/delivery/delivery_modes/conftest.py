"""Data to export."""

import pytest

from exports_app.services.core.records import Campaign


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns
