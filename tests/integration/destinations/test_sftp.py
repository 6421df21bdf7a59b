"""A run over SFTP, from the confirmation of the host key to its change."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog

from exports_app.db.models import metadata
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import DestinationState, Tenant
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.sftp_server import PASSWORD, SftpServer
from tests.world import deliveries_of, make_schedule, sql, trigger_and_execute


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allowed_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[SftpServer]:
    folder = tmp_path / "partner"
    folder.mkdir()
    server = SftpServer(folder)
    yield server
    server.close()


def test_files_go_only_to_the_host_key_that_was_confirmed(
    services: Services, admin: Principal, acme: Tenant, partner: SftpServer, tmp_path: Path
) -> None:
    there = services.destinations
    one = there.create(admin, acme.id, "sftp", "Partner", partner.config(hostKey=None))
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(one.id,))
    with structlog.testing.capture_logs() as logs:
        assert trigger_and_execute(services, admin, schedule).status is RunStatus.FAILED
        paused = there.get(admin, one.id)
        assert paused.state is DestinationState.PAUSED
        assert "confirm the host key" in str(paused.reason)
        proposed = dict(there.test(admin, one.id).proposed)
        there.update(admin, one.id, {"config": proposed}, paused.version, merge=True)
        assert trigger_and_execute(services, admin, schedule).status is RunStatus.COMPLETED
        version = there.get(admin, one.id).version
        changed = {"hostKey": f"ssh-ed25519 SHA256:{'A' * 43}"}
        there.update(admin, one.id, {"config": changed}, version, merge=True)
        run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.FAILED
    assert partner.host_keys[0] in str(there.get(admin, one.id).reason)
    assert there.get(admin, one.id).state is DestinationState.PAUSED
    (written,) = (path for path in (tmp_path / "partner").rglob("*") if path.is_file())
    assert written.stat().st_size
    left = [str(logs), str(deliveries_of(services, run))]
    left += [str(sql(services, f"SELECT * FROM {table}")) for table in metadata.tables]
    assert not [text for text in left if PASSWORD in text]
