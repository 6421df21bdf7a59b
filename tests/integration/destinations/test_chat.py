"""A run tells Slack and Microsoft Teams about its file, after it is in the stores."""

import html
import json
import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import structlog

from exports_app.db.models import metadata
from exports_app.domain.access import Principal
from exports_app.domain.errors import DeliveryError
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Destination, Tenant
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.contracts.channels import slack, teams
from tests.world import claim, deliveries_of, execute, make_schedule, sql, trigger_and_execute

SECRETS = (*slack.SECRETS, *teams.SECRETS)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allowed_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[slack.World]:
    world = slack.World(tmp_path, monkeypatch)
    yield world
    world.close()


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[teams.World]:
    world = teams.World(tmp_path, monkeypatch)
    yield world
    world.close()


def opened(services: Services, url: str) -> bytes:
    """What someone with the link gets."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    asked = (parts.path.rpartition("/")[2], int(query["expires"]), query["signature"])
    return services.download_links.file(*asked).path.read_bytes()


def test_messages_follow_the_stores_and_leave_no_secret(
    services: Services,
    admin: Principal,
    acme: Tenant,
    share: Destination,
    root: Path,
    workspace: slack.World,
    workflow: teams.World,
) -> None:
    make = services.destinations.create
    chat = make(admin, acme.id, "slack", "Sales channel", workspace.config)
    team = make(admin, acme.id, "teams", "Sales team", workflow.config)
    wanted = (chat.id, team.id, share.id)
    schedule = make_schedule(services, admin, recipients=(), destination_ids=wanted)
    with structlog.testing.capture_logs() as logs:
        workspace.errors = {"files.completeUploadExternal": "not_in_channel"}
        run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.PARTIAL
        assert "/invite @" in str(run.error)
        workspace.errors = {}
        services.run_actions.resend(admin, schedule.id, run.id)
        run = execute(services, claim(services))
        workflow.refuse()
        with pytest.raises(DeliveryError):
            services.destinations.test(admin, team.id)
    assert run.status is RunStatus.COMPLETED
    found = {one.channel: one for one in deliveries_of(services, run)}
    assert {one.status for one in found.values()} == {DeliveryStatus.ACCEPTED}
    assert (found["slack"].sent_as, found["teams"].sent_as) == ("file", "link")
    (written,) = (path for path in root.rglob("*") if path.is_file())
    assert workspace.arrived() == [written.read_bytes()]
    place = f"Also in: Share: {written}"
    assert place in workspace.calls[-1][1]["initial_comment"]
    (card,) = (json.loads(body) for body in workflow.arrived())
    assert str(written) in json.dumps(card)
    (action,) = card["attachments"][0]["content"]["actions"]
    assert opened(services, action["url"]) == written.read_bytes()
    left = [str(logs)]
    left += [str(sql(services, f"SELECT * FROM {table}")) for table in metadata.tables]
    assert any("Sales channel" in text for text in left)
    assert not [secret for secret in SECRETS if any(secret in text for text in left)]


def test_a_file_over_the_limit_of_slack_goes_as_a_link(
    services: Services,
    admin: Principal,
    acme: Tenant,
    workspace: slack.World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CHANNELS["slack"], "most_bytes", 1)
    chat = services.destinations.create(admin, acme.id, "slack", "Sales channel", workspace.config)
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(chat.id,))
    run = trigger_and_execute(services, admin, schedule)
    (delivery,) = deliveries_of(services, run)
    assert (delivery.status, delivery.sent_as) == (DeliveryStatus.ACCEPTED, "link")
    (text,) = workspace.arrived()
    (url,) = re.findall(r"<(.*)\|Download the file>", text.decode())
    assert opened(services, html.unescape(url))
