"""Commands in a folder without a database, e.g. the wrong one."""

from pathlib import Path

import pytest

from tests.integration.launch.cli.process import CSV, PASSWORD, Run, refused, went_well

SUPER = ("--as", "super@admin.com")
AT_ONE = ("Weekly", "--tenant", "acme", *SUPER)
ANN = ("ann@example.com", "--name", "Ann", "--password-stdin")
AS_CODE = (("export",), ("plan", "-"), ("apply", "-", "--yes", *SUPER))
OTHERS = (
    ("schedules", "list"),
    ("schedules", "pause", *AT_ONE),
    ("schedules", "run", *AT_ONE),
    ("create-user", *ANN, "--tenant", "acme"),
    ("one-time-password", "ann@example.com"),
    ("unproven-accounts",),
    ("reset-second-factor", "ann@example.com"),
    ("import-campaigns", "-", "--tenant", "acme"),
    ("rotate-keys",),
    ("maintenance", "on"),
    ("accept-settings",),
    ("hold-restored",),
)


@pytest.mark.parametrize("command", [*AS_CODE, *OTHERS], ids=" ".join)
def test_nothing_is_created(run: Run, command: tuple[str, ...], tmp_path: Path) -> None:
    typed = {"import-campaigns": CSV, "create-user": PASSWORD}.get(command[0], "schedules: []")
    said = refused(run(*command, typed=typed))
    assert f"there is no database at {tmp_path / 'data' / 'exports.db'}: " in said
    assert "or create one with 'python -m exports_app migrate'" in said
    assert ("give --url or EXPORTS_APP_URL" in said) is (command in AS_CODE)
    assert not (tmp_path / "data").exists()


def test_the_first_super_admin_creates_the_database(run: Run, tmp_path: Path) -> None:
    went_well(run("create-user", *ANN, "--super-admin", typed=PASSWORD))
    assert (tmp_path / "data" / "exports.db").exists()
