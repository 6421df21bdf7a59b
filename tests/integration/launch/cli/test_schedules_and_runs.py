"""The commands schedules and runs."""

import json
from contextlib import nullcontext
from unittest.mock import Mock

import pytest

from exports_app.api.schemas.runs import ListedRunOut
from exports_app.cli import runs as watching
from exports_app.cli import schedules as listing
from exports_app.cli.main import main
from exports_app.domain.runs.states import RunStatus
from tests.integration.launch.cli.process import PASSWORD, Run, refused, went_well

SUPER = ("--as", "super@admin.com")
NAME = "Weekly report"


@pytest.fixture
def demo(migrated: None, run: Run) -> None:
    assert migrated is None
    assert json.loads(went_well(run("seed-demo", "--json"))) == {"added": True, "rowsAdded": 0}


@pytest.mark.usefixtures("demo")
def test_a_scheduled_export_is_listed_switched_and_run(run: Run) -> None:
    acme = ("--tenant", "acme")
    listed = went_well(run("schedules", "list", *acme, "--search", "weekly"))
    titles, line = listed.splitlines()
    assert titles.split()[:2] == ["ID", "STATE"]
    assert (line.split()[1], line.endswith(NAME)) == ("active", True)
    shown = json.loads(went_well(run("schedules", "list", *acme, "--limit", "1", "--json")))
    assert (shown["total"], len(shown["items"])) == (3, 1)
    weekly = line.split()[0]

    assert went_well(run("schedules", "pause", NAME, *acme, *SUPER)) == f"Paused {NAME}\n"
    again = json.loads(went_well(run("schedules", "pause", weekly, *SUPER, "--json")))
    assert again == {"id": weekly, "isActive": False, "changed": False}
    assert went_well(run("schedules", "activate", weekly, *SUPER)) == f"Activated {NAME}\n"

    run_id = went_well(run("schedules", "run", NAME, *acme, *SUPER)).strip()
    found = json.loads(went_well(run("runs", "list", *acme, "--schedule", NAME, "--json")))
    assert [(one["id"], one["scheduledExportId"]) for one in found["items"]] == [(run_id, weekly)]
    table = went_well(run("runs", "list", *acme, "--status", "pending"))
    assert table.splitlines()[1].split()[:2] == [run_id, "pending"]
    assert len(went_well(run("runs", "list", *acme, "--status", "failed")).splitlines()) == 1


@pytest.mark.parametrize(
    ("is_active", "paused_at", "shown"),
    [(True, None, "active"), (False, None, "paused"), (False, "then", "paused automatically")],
)
def test_a_list_says_who_paused(
    is_active: bool,
    paused_at: str | None,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = Mock(is_active=is_active, paused_at=paused_at, next_run_at=None, last_status=None)
    one.configure_mock(id="1", name="Weekly")
    services = Mock(**{"schedules.find.return_value": ([one], 1)})
    monkeypatch.setattr(listing, "read_only_services", lambda: nullcontext(services))
    monkeypatch.setattr(listing.choosing, "tenant", Mock())
    monkeypatch.setattr(listing, "_out", Mock(return_value={}))
    assert main(["schedules", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "1",
        *shown.split(),
        "-",
        "-",
        "Weekly",
    ]


@pytest.mark.usefixtures("demo")
def test_what_is_not_there_is_named(run: Run) -> None:
    assert "--tenant SLUG: acme, globex" in refused(run("schedules", "list"))
    assert "'other' does not exist" in refused(run("runs", "list", "--tenant", "other"))
    no_such = run("schedules", "run", "Nothing", "--tenant", "acme", *SUPER)
    assert "no scheduled export named 'Nothing'" in refused(no_such)
    nobody = run("schedules", "run", NAME, "--tenant", "acme", "--as", "nobody@acme.test")
    assert "no active user has this email address" in refused(nobody)
    assert "does not exist" in refused(run("runs", "watch", "no-id"))
    without = run("schedules", "run", NAME, "--tenant", "acme")
    assert (without.returncode, "--as" in without.stderr) == (2, True)
    many = run("runs", "list", "--limit", "501")
    assert (many.returncode, "from 1 to 500" in many.stderr) == (2, True)


@pytest.mark.usefixtures("demo")
def test_a_user_may_do_only_what_they_may_do_elsewhere(run: Run) -> None:
    user = ("create-user", "vera@acme.test", "--name", "Vera", "--tenant", "acme")
    made = json.loads(went_well(run(*user, "--password-stdin", "--json", typed=PASSWORD)))
    assert made["email"] == "vera@acme.test"
    by_viewer = ("--tenant", "acme", "--as", "vera@acme.test")
    refused(run("schedules", "pause", NAME, *by_viewer))
    listed = json.loads(went_well(run("schedules", "list", "--tenant", "acme", "--json")))
    assert {one["name"]: one["isActive"] for one in listed["items"]}[NAME]


def _watch(
    monkeypatch: pytest.MonkeyPatch, states: list[RunStatus | BaseException], *options: str
) -> int:
    """`runs watch` of a run with these states, one at each look."""
    values = {"next_attempt_at": None, "error": None}
    services = Mock()
    services.run_listing.get.side_effect = [
        state
        if isinstance(state, BaseException)
        else Mock(run=Mock(status=state, **values), deliveries=[])
        for state in states
    ]
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0)
    monkeypatch.setattr(watching, "read_only_services", lambda: nullcontext(services))
    monkeypatch.setattr(
        ListedRunOut, "model_validate", lambda _: Mock(model_dump=lambda **_: {"id": 1})
    )
    return main(["runs", "watch", "some-id", *options])


PENDING, PROCESSING = RunStatus.PENDING, RunStatus.PROCESSING


def test_watching_says_what_changes_until_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [PENDING, PENDING, PROCESSING, RunStatus.COMPLETED]
    assert _watch(monkeypatch, [*states], "--exit-status") == 0
    assert capsys.readouterr().out == "pending\nprocessing\ncompleted\n"
    assert _watch(monkeypatch, [*states], "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"id": 1}


@pytest.mark.parametrize("end", [RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.CANCELLED])
def test_the_exit_code_tells_how_it_ended_where_asked(
    monkeypatch: pytest.MonkeyPatch, end: RunStatus
) -> None:
    assert _watch(monkeypatch, [end]) == 0
    assert _watch(monkeypatch, [end], "--exit-status") == 1


def test_ctrl_c_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _watch(monkeypatch, [PENDING, KeyboardInterrupt()]) == 130
    assert capsys.readouterr().err == "exports_app: stopped\n"
