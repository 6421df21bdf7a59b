"""A process that dies between a destination's acceptance and the note of it."""

from pathlib import Path

import pytest

from tests.contracts.channels import slack
from tests.faults.house import House
from tests.world import sql


def test_a_file_is_written_again_under_the_same_name(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's part is the same for all channels; that a second attempt makes no second copy is
    a contract of each (tests/contracts/test_channels.py)."""
    folder = tmp_path / "share"
    folder.mkdir()
    monkeypatch.setenv("EXPORT_FOLDERS", str(folder))
    of = (house.admin, house.cast.acme.id, "folder", "Share", {})
    share = house.services.destinations.create(*of)
    house.once("Weekly", destination_ids=(share.id,))
    house.make_due()
    fault = house.faulty("between a destination's acceptance and its note")
    app = house.serve(EXPORT_FOLDERS=str(folder), **fault)
    house.all_end(1, app)
    house.calm()
    assert house.deaths == 1
    (written,) = (path for path in folder.rglob("*") if path.is_file())
    states = sql(
        house.services,
        "SELECT channel, status, attempts, location FROM deliveries ORDER BY channel",
    )
    assert states == [
        ("email", "accepted", 1, None),
        ("folder", "accepted", 2, str(written)),
    ]
    assert len(house.post.ledger) == 1


def test_a_message_in_a_chat_may_appear_twice(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chat cannot tell a message from its repetition (docs/reliability.md)."""
    world = slack.World(tmp_path, monkeypatch)
    house.held.callback(world.close)
    of = (house.admin, house.cast.acme.id, "slack", "Sales channel", world.config)
    chat = house.services.destinations.create(*of)
    house.once("Weekly", destination_ids=(chat.id,))
    house.make_due()
    fault = house.faulty("between a destination's acceptance and its note")
    of_slack = {"SLACK_API_URL": world.url, "ALLOWED_NETWORKS": "127.0.0.0/8"}
    app = house.serve(**of_slack, **fault)
    house.all_end(1, app)
    house.calm()
    assert house.deaths == 1
    asked = "SELECT status, attempts, resends FROM deliveries WHERE channel = 'slack'"
    assert sql(house.services, asked) == [("accepted", 2, 1)]
    first, second = world.arrived()
    assert first == second
