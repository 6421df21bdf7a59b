"""The command line's help, its errors and the migration."""

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from exports_app import __version__
from exports_app.cli import completion
from exports_app.cli.main import main
from exports_app.cli.output import table
from exports_app.cli.parser import build_parser
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
    "schedules",
    "runs",
    "completion",
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


def test_it_says_its_version(run: Run) -> None:
    assert went_well(run("--version")) == f"exports_app {__version__}\n"


def test_a_reader_that_is_gone_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    called = [sys.executable, "-m", "exports_app", "completion", "bash"]
    done = subprocess.run(called, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_prints_prints_json_too() -> None:
    """Every command but those that answer nothing, or a script."""
    without = set[str]()
    waiting = [("", build_parser())]
    while waiting:
        name, parser = waiting.pop()
        below = completion.commands(parser)
        waiting += [(f"{name} {word}".strip(), command) for word, command in below.items()]
        if not below and not completion.candidates(parser, ["--json"]):
            without.add(name)
    assert without == {"serve", "worker", "mcp", "completion"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("sched", ["schedules"]),
        ("schedules p", ["pause"]),
        ("schedules pause x --j", ["--json"]),
        ("runs list --status fa", ["failed"]),
        ("runs list --tenant ", []),
        ("completion f", ["fish"]),
        ("backup ", []),
    ],
)
def test_words_are_completed(typed: str, words: list[str]) -> None:
    assert completion.candidates(build_parser(), typed.split(" ")) == words


def test_bash_completes() -> None:
    script = f"""
        exports-app() {{ {shlex.quote(sys.executable)} -m exports_app "$@"; }}
        eval "$(exports-app completion bash)"
        COMP_WORDS=(exports-app schedules pause --j) COMP_CWORD=3
        _exports_app
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-ec", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("--json\n", "")


def test_a_table_steers_no_terminal_and_is_whole_in_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [("1", "a\x1b[2Jb"), ("22", "x" * 200)]
    assert table(("ID", "NAME"), rows) == ["ID  NAME", "1   a\\x1b[2Jb", f"22  {'x' * 200}"]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    assert table(("ID", "NAME"), rows)[2] == f"22  {'x' * 15}…"


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
