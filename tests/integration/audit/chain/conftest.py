"""Entries to tamper with."""

import pytest

from exports_app.wiring import Services
from tests.integration.audit.chain.entries import faults, write
from tests.world import Cast


@pytest.fixture
def ids(services: Services, cast: Cast) -> list[str]:
    """Of Acme's ten sealed entries; Globex has three, the installation two."""
    write(services, cast.globex.id, 3)
    write(services, None, 2)
    found = write(services, cast.acme.id, 10)
    assert services.audit_seals.seal() == 15
    assert faults(services) == []
    return found
