"""A process that dies between a destination's acceptance and the note of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.other_sides import Side, side
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


@pytest.mark.parametrize("key", ["bucket", "sftp"])
def test_a_store_of_others_gets_one_file(
    key: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other_side(key, house, tmp_path, monkeypatch) as there:
        ends_after_a_death(house, key, there.world.config)
        (written,) = there.world.arrived()
        assert written


@pytest.mark.parametrize("key", ["slack", "teams"])
def test_a_message_in_a_chat_may_appear_twice(
    key: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chat cannot tell a message from its repetition (docs/reliability.md)."""
    with other_side(key, house, tmp_path, monkeypatch) as there:
        slack = {"SLACK_API_URL": there.world.url} if key == "slack" else {}
        ends_after_a_death(house, key, there.world.config, **slack)
        assert len(there.world.arrived()) == 2


@contextmanager
def other_side(key: str, house: House, tmp_path: Path, patch: pytest.MonkeyPatch) -> Iterator[Side]:
    patch.setattr(house.services.guard, "_allowed", (ip_network("127.0.0.0/8"),))
    folder = tmp_path / "there"
    folder.mkdir()
    with side(key, folder, patch) as there:
        yield there


def ends_after_a_death(house: House, key: str, config: dict[str, Any], **env: str) -> None:
    """A run to such a destination, whose process dies after the other side has accepted it."""
    of = (house.admin, house.cast.acme.id, key, "There", config)
    there = house.services.destinations.create(*of)
    house.once("Weekly", destination_ids=(there.id,))
    house.make_due()
    fault = house.faulty("between a destination's acceptance and its note")
    app = house.serve(ALLOWED_NETWORKS="127.0.0.0/8", **env, **fault)
    house.all_end(1, app)
    house.calm()
    assert house.deaths == 1
    asked = "SELECT status, attempts FROM deliveries WHERE channel <> 'email'"
    assert sql(house.services, asked) == [("accepted", 2)]
