"""An import of a file."""

from pathlib import Path

import pytest

from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.core.records import Tenant
from exports_app.wiring import Services
from tests.integration.campaigns.importer.files import Load


@pytest.fixture
def load(services: Services, acme: Tenant, tmp_path: Path) -> Load:
    """Import the text, or the bytes, into Acme."""

    def run(content: str | bytes) -> ImportReport:
        file = tmp_path / "campaigns.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return services.importer.load(file, "acme", lambda _: None)

    return run
