"""The command line's help, its errors and the migration."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from exports_app.cli.main import main
from tests.integration.launch.cli.process import CSV, PASSWORD, Run, refused, went_well
from tests.paths import ROOT

COMMANDS = (
    "serve",
    "build-pages",
    "migrate",
    "seed-demo",
    "create-tenant",
    "create-user",
    "one-time-password",
    "unproven-accounts",
    "import-campaigns",
    "audit",
    "doctor",
    "config",
    "maintenance",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    assert command in went_well(run(command, "--help"))
    assert command in went_well(run("--help"))


def test_it_is_a_module_to_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exports_app", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "create-user" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    check = (
        "import sys; from exports_app.cli.main import main\ntry: main(['--help'])\n"
        "except SystemExit: pass\n"
    )
    check += (
        "print([m for m in ('sqlalchemy', 'reflex', 'rich', 'openpyxl', "
        "'exports_app.wiring') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_command_and_an_unknown_one_are_errors(run: Run) -> None:
    assert run().returncode == 2
    assert run("fly").returncode == 2


def test_migrate_makes_the_database_and_is_content_the_second_time(
    run: Run, tmp_path: Path
) -> None:
    assert "Upgraded the database" in went_well(run("migrate"))
    assert (tmp_path / "data" / "exports.db").exists()
    assert "was already up to date" in went_well(run("migrate"))


def test_a_tenant_a_user_and_an_import_need_nothing_else(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_text(CSV)
    assert "acme" in went_well(
        run("create-tenant", "acme", "--name", "Acme", "--timezone", "Europe/Berlin")
    )
    user = (
        "create-user",
        "Ann@Example.com",
        "--name",
        "Ann",
        "--tenant",
        "acme",
        "--role",
        "admin",
        "--password-stdin",
    )
    assert "ann@example.com" in went_well(run(*user, typed=PASSWORD + "\n"))
    assert went_well(run("import-campaigns", str(file), "--tenant", "acme")) == (
        "read as UTF-8, commas\n"
        "imported 1 day of 1 campaign: 1 day new, 0 replaced; 1 campaign new\n"
    )


def test_a_wrong_setting_is_one_line(run: Run) -> None:
    assert "PORT" in refused(run("migrate", PORT="many"))


def test_a_folder_of_another_user_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_folder: Path, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/var/lib/exports")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(["migrate"]) == 1
    said = capsys.readouterr().err
    assert "/var/lib/exports: Permission denied: run this as the server's user, and give" in said
