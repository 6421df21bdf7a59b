"""What everything leaves behind that a destination of each channel does: none of its secrets."""

import logging
from base64 import b64encode
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from exports_app.db.models import metadata
from exports_app.services.destinations import configs
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, schedule_body
from tests.api.conftest import Clients
from tests.contracts.other_sides import Side, side, with_example
from tests.world import Cast, claim, execute, sql


def set_up(stack: ExitStack, folder: Path, patch: pytest.MonkeyPatch) -> list[Side]:
    """The other sides of all channels."""
    stack.enter_context(with_example())
    sides = []
    for channel in configs.channels():
        there = folder / channel.key
        there.mkdir()
        sides.append(stack.enter_context(side(channel.key, there, patch)))
    return sides


@pytest.mark.long
def test_no_secret_is_left_anywhere(
    api: Clients,
    services: Services,
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(services.guard, "_allowed", (ip_network("127.0.0.0/8"),))
    caplog.set_level(logging.INFO)
    left = list[str]()
    with ExitStack() as stack:
        logs = stack.enter_context(structlog.testing.capture_logs())
        sides = set_up(stack, tmp_path, monkeypatch)
        made = []
        for one in sides:
            body = {"channel": one.channel.key, "name": one.channel.key, "config": one.world.config}
            made.append(api.admin.post("/api/destinations", body))
        left += [answer.text for answer in made]
        ids = [answer.json()["id"] for answer in made]
        body = schedule_body(recipients=[], destinationIds=ids)
        schedule = api.admin.post(SCHEDULES, body).json()
        services.schedules.trigger(cast.admin.who, schedule["id"])
        run = execute(services, claim(services))
        assert run.status == "completed", run.error
        for one in sides:
            one.world.refuse()
        services.schedules.trigger(cast.admin.who, schedule["id"])
        assert execute(services, claim(services)).status != "completed"
        left += [api.admin.post(f"/api/destinations/{each}/test").text for each in ids]
    for path in (
        *("/api/destinations", f"/api/destinations/{ids[0]}", "/api/catalog", "/api/audit/csv"),
        *(f"/api/runs/{run.id}", f"{SCHEDULES}/{schedule['id']}/history", SCHEDULES),
    ):
        answer = api.admin.get(path)
        assert answer.status_code == 200, path
        left.append(answer.text)
    left.append(str(services.definitions.export(cast.admin.who, cast.acme.id)))
    left += [str(sql(services, f"SELECT * FROM {table}")) for table in metadata.tables]
    left += [str(logs), caplog.text]
    files = [path for path in services.settings.data_dir.rglob("*") if path.is_file()]
    left += [path.read_bytes().decode("latin-1") for path in files]
    assert len(files) > 1
    everything = "\n".join(left)
    secrets = {secret for one in sides for secret in one.secrets}
    assert len(secrets) >= 4
    for secret in secrets:
        for form in (secret, quote(secret), b64encode(secret.encode()).decode()[:-3]):
            assert form not in everything
