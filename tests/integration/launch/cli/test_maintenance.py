"""The command maintenance."""

import json
from unittest.mock import Mock

import pytest

from exports_app.cli import maintenance
from exports_app.domain.errors import ExportsError
from tests.integration.launch.cli.process import Run, refused, went_well


@pytest.mark.usefixtures("migrated")
def test_it_is_switched_on_and_off_and_says_so(run: Run) -> None:
    assert "Maintenance is off" in went_well(run("maintenance", "status"))
    told = went_well(run("maintenance", "on", "--reason", " New disks ", "--wait"))
    first, second = told.splitlines()
    assert first.startswith("Maintenance has been on since 20")
    assert first.endswith(" UTC: New disks")
    assert second == "No runs start, and none are in progress"
    warning = "warn maintenance: on since 20"
    assert warning in went_well(run("doctor"))
    shown = json.loads(went_well(run("maintenance", "status", "--json")))
    assert shown == {
        "maintenance": True,
        "since": shown["since"],
        "reason": "New disks",
        "runsAtWork": 0,
    }
    assert json.loads(went_well(run("maintenance", "off", "--json")))["since"] is None
    assert "Maintenance is off" in went_well(run("maintenance", "off"))
    assert warning not in went_well(run("doctor"))


@pytest.mark.usefixtures("migrated")
def test_a_wrong_reason_is_refused_with_what_to_do(run: Run) -> None:
    assert "at most 200 characters" in refused(run("maintenance", "on", "--reason", "x" * 201))
    assert "Maintenance is off" in went_well(run("maintenance", "status"))


def test_status_changes_no_database(run: Run) -> None:
    assert "'python -m exports_app migrate'" in refused(run("maintenance", "status"))


def test_waiting_ends_with_the_last_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services = Mock()
    services.maintenance.runs_at_work.side_effect = [2, 2, 1, 0]
    monkeypatch.setattr(maintenance, "LOOK_SECONDS", 0)
    maintenance._wait(services)
    assert capsys.readouterr().err == "Waiting for 2 runs…\nWaiting for 1 run…\n"


def test_waiting_fails_where_someone_ends_maintenance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the command must not be done then."""
    services = Mock()
    services.maintenance.runs_at_work.side_effect = [1, 0]
    services.maintenance.now.side_effect = [Mock(is_on=True), Mock(is_on=False)]
    monkeypatch.setattr(maintenance, "LOOK_SECONDS", 0)
    with pytest.raises(ExportsError, match="turned off while waiting"):
        maintenance._wait(services)
