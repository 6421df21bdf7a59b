"""An import of a file."""

from pathlib import Path
from typing import Any

import pytest

from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.core.records import Tenant
from exports_app.wiring import Services
from tests.integration.campaigns.importer.files import Load


class Loader:
    def __init__(self, services: Services, folder: Path) -> None:
        self._services = services
        self._folder = folder

    def __call__(self, content: str | bytes, **options: Any) -> ImportReport:
        return self._services.importer.load(self.file(content), "acme", lambda _: None, **options)

    def file(self, content: str | bytes) -> Path:
        file = self._folder / "campaigns.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file


@pytest.fixture
def load_file(services: Services, acme: Tenant, tmp_path: Path) -> Loader:
    """Import the text, or the bytes, into Acme, with the options of the command."""
    return Loader(services, tmp_path)


@pytest.fixture
def load(load_file: Loader) -> Load:
    """Import the text, or the bytes, into Acme."""
    return load_file
