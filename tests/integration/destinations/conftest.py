"""A folder of the server that destinations may write to."""

from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Destination, Tenant
from exports_app.wiring import Services


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    monkeypatch.setenv("EXPORT_FOLDERS", str(folder))
    return folder


@pytest.fixture
def share(services: Services, admin: Principal, acme: Tenant, root: Path) -> Destination:
    return services.destinations.create(
        admin, acme.id, "folder", "Share", {"name": "{schedule}.{format}"}
    )
