"""The changes of the clocks, looked up before any test draws from them."""

import pytest

from tests.unit.domain.timing.cron.strategies import ZONES, changes


@pytest.fixture(scope="session", autouse=True)
def known_changes() -> None:
    """Here and not at import: finding them takes long, and not every test process needs them."""
    for name in ZONES:
        changes(name)
