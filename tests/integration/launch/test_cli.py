"""The command line as people use it: a process with arguments, an environment, streams and an exit
code."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.commands import Commands, Result
from tests.mailserver import mail_server
from tests.redis_server import redis_server

ROOT = Path(__file__).resolve().parents[3]
OURS = (
    "DATABASE_URL",
    "DATA_DIR",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "SECRET_KEY",
    "TZ",
    "DEMO",
    "LOG_LEVEL",
)
PASSWORD = "correct horse battery"
CSV = "campaign_name,currency,date\nSummer,EUR,2026-01-02\n"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as opened:
        yield opened


@pytest.fixture
def run(commands: Commands, tmp_path: Path) -> Run:
    """`python -m exports_app ...` over a data folder of its own; env: settings, typed: its
    stdin."""

    def command(*args: str, typed: str | bytes = "", **env: str) -> Result:
        clean = {k: v for k, v in os.environ.items() if k not in OURS and not k.startswith("SMTP_")}
        clean |= {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port()), "PYTHONUTF8": "1"}
        return commands.run(
            args, clean | env, typed if isinstance(typed, bytes) else typed.encode()
        )

    return command


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def refused(done: Result) -> str:
    """The one line that a refused command says."""
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("exports_app: ")
    return lines[0]


def went_well(done: Result) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


COMMANDS = (
    "serve",
    "migrate",
    "seed-demo",
    "create-tenant",
    "create-user",
    "one-time-password",
    "unproven-accounts",
    "import-campaigns",
    "audit",
    "doctor",
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
        "import sys; from exports_app.cli import main\ntry: main(['--help'])\n"
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
    assert "up to date now" in went_well(run("migrate"))
    assert (tmp_path / "data" / "exports.db").exists()
    assert "was up to date" in went_well(run("migrate"))


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
    assert (
        went_well(run("import-campaigns", str(file), "--tenant", "acme"))
        == "imported 1 day of 1 campaign\n"
    )


def test_a_one_time_password_is_printed_once(run: Run) -> None:
    made = went_well(
        run("create-user", "ann@example.com", "--name", "Ann", "--super-admin", "--one-time")
    )
    again = went_well(run("one-time-password", "Ann@example.com"))
    first, second = (out.strip().rpartition(" ")[2] for out in (made, again))
    assert len(first) == len(second) == 16
    assert first != second
    assert "no user" in refused(run("one-time-password", "nobody@example.com"))
    both = run(
        "create-user",
        "b@example.com",
        "--name",
        "B",
        "--super-admin",
        "--one-time",
        "--password-stdin",
    )
    assert both.returncode == 2


def test_who_is_not_proven_is_listed(run: Run, tmp_path: Path) -> None:
    assert went_well(run("unproven-accounts")) == ""
    for email in ("zoe@example.com", "ann@example.com"):
        run("create-user", email, "--name", "N", "--super-admin", "--one-time")
    assert went_well(run("unproven-accounts")) == "ann@example.com\nzoe@example.com\n"


def test_a_taken_slug_and_a_taken_address_are_errors(run: Run) -> None:
    run(
        "create-tenant",
        "acme",
        "--name",
        "Acme",
        "--max-rows",
        "5",
        "--max-mb",
        "6",
        "--keep-days",
        "7",
    )
    assert "another slug" in refused(run("create-tenant", "acme", "--name", "Acme"))
    user = ("create-user", "ann@example.com", "--name", "Ann", "--super-admin", "--password-stdin")
    went_well(run(*user, typed=PASSWORD))
    assert "already" in refused(run(*user, typed=PASSWORD))


@pytest.mark.parametrize(
    ("args", "typed", "reason"),
    [
        (("--password-stdin",), PASSWORD, "--super-admin"),
        (("--super-admin", "--role", "admin", "--password-stdin"), PASSWORD, "--tenant"),
        (("--tenant", "nobody", "--password-stdin"), PASSWORD, "create-tenant"),
        (("--super-admin",), PASSWORD, "--password-stdin"),
        (("--super-admin", "--password-stdin"), "short", "at least"),
        (("--super-admin", "--password-stdin"), "", "at least"),
        (("--super-admin", "--password-stdin"), "SuperAdmin123!", "public password"),
        (("--super-admin", "--password-stdin"), "qwertyuiop", "most common"),
        (("--super-admin", "--password-stdin"), "ann@example.com", "your email address"),
    ],
)
def test_a_user_who_cannot_be_made_is_refused_with_what_to_do(
    run: Run, args: tuple[str, ...], typed: str, reason: str
) -> None:
    assert reason in refused(
        run("create-user", "ann@example.com", "--name", "Ann", *args, typed=typed)
    )


@pytest.mark.parametrize(
    ("args", "typed", "reason"),
    [
        (
            ("create-tenant", "acme", "--name", "x" * 201),
            "",
            "name: give a name of 1 to 200 characters",
        ),
        (
            ("create-tenant", "acme", "--name", "x" * 100_000),
            "",
            "name is too long: use at most 2,000 characters",
        ),
        (("create-tenant", "a" * 2_001, "--name", "Acme"), "", "slug is too long"),
        (
            ("create-tenant", "acme", "--name", "\u202eemcA"),
            "",
            "name: remove the characters that turn the direction",
        ),
        (
            ("create-tenant", "acme", "--name", "Acme", "--timezone", "x" * 5_000),
            "",
            "timezone is too long",
        ),
        (("create-tenant", "acme", "--name", "Acme", "--keep-days", "9" * 5_000), "", "keep-days"),
        (
            ("create-tenant", "acme", "--name", b"\xff\xfe".decode("utf-8", "surrogateescape")),
            "",
            "not valid UTF-8",
        ),
        (
            ("import-campaigns", "x.csv", "--tenant", b"\xff".decode("utf-8", "surrogateescape")),
            "",
            "not valid UTF-8",
        ),
        (
            ("create-user", "a" * 1_900 + "@b.example", "--name", "Bob", "--super-admin"),
            PASSWORD,
            "address is too long",
        ),
        (
            ("create-user", "b@b.example", "--name", "\u2066Bob", "--super-admin"),
            PASSWORD,
            "turn the direction",
        ),
        (
            ("create-user", "b@b.example", "--name", "Bob", "--super-admin"),
            "x" * 10_000_000,
            "password",
        ),
    ],
)
def test_what_is_too_long_or_no_text_is_refused_in_one_line(
    run: Run, args: tuple[str, ...], typed: str, reason: str
) -> None:
    stdin = ("--password-stdin",) if args[0] == "create-user" else ()
    done = run(*args, *stdin, typed=f"{typed}\n")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert reason in last
    assert "Traceback" not in done.stderr
    assert len(last) < 6_000


def test_bad_lines_are_told_and_end_with_an_error(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_text(CSV + "Summer,EUR,someday\n")
    run("create-tenant", "acme", "--name", "Acme")
    done = run("import-campaigns", str(file), "--tenant", "acme")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "line 3: date: must be a date, YYYY-MM-DD",
        "exports_app: 1 bad line: nothing was imported",
    ]


def test_a_file_that_is_not_there_is_one_line(run: Run, tmp_path: Path) -> None:
    run("create-tenant", "acme", "--name", "Acme")
    assert "No such file" in refused(
        run("import-campaigns", str(tmp_path / "none.csv"), "--tenant", "acme")
    )
    assert "directory" in refused(run("import-campaigns", str(tmp_path), "--tenant", "acme"))


def test_the_demo_is_seeded_once_and_grows_to_the_rows_asked_for(run: Run) -> None:
    assert "is in" in went_well(run("seed-demo"))
    assert "already" in went_well(run("seed-demo"))
    assert "; 0 rows" not in went_well(run("seed-demo", "--rows", "25000"))
    assert "; 0 rows" in went_well(run("seed-demo", "--rows", "25000"))


@pytest.mark.parametrize(
    "env",
    [
        {"DEMO": "0"},
        {"HOST": "0.0.0.0"},
        {"PUBLIC_URL": "https://x.example"},
        {"PUBLIC_URL": "https://x.example", "DEMO": "1"},
    ],
)
def test_what_is_no_demo_takes_no_demo_data(run: Run, env: dict[str, str]) -> None:
    assert "DEMO=1" in refused(run("seed-demo", **env))


def test_a_database_with_users_of_its_own_takes_no_demo_data(run: Run) -> None:
    went_well(
        run(
            "create-user",
            "ann@example.com",
            "--name",
            "Ann",
            "--super-admin",
            "--password-stdin",
            typed=PASSWORD,
        )
    )
    assert "your own" in refused(run("seed-demo", "--rows", "1000"))


def test_rotate_keys_makes_a_new_key_and_forgets_the_old_one_when_told_to(
    run: Run, tmp_path: Path
) -> None:
    current, previous = tmp_path / "data" / "secret_key", tmp_path / "data" / "secret_key.previous"
    went_well(run("seed-demo"))
    went_well(run("rotate-keys"))
    first = current.read_text()
    told = went_well(run("rotate-keys"))
    assert "still accepted" in told
    assert current.read_text() != first
    assert previous.read_text().splitlines()[0] == first
    assert first not in told
    second = current.read_text()
    assert "no longer accepted" in went_well(run("rotate-keys", "--forget-previous"))
    assert current.read_text() == second
    assert not previous.exists()


def test_rotate_keys_says_what_may_be_removed_from_the_settings(run: Run, tmp_path: Path) -> None:
    keys = {
        "SECRET_KEY": "n" * 40,
        "SECRET_KEY_PREVIOUS": "o" * 40,
        "ENCRYPTION_KEY_PREVIOUS": "p" * 40,
    }
    told = went_well(run("rotate-keys", **keys))
    assert "you may remove ENCRYPTION_KEY_PREVIOUS now" in told
    assert "you may remove SECRET_KEY_PREVIOUS once what it signed has expired" in told
    assert not [key for key in keys.values() if key in told]
    assert not (tmp_path / "data" / "secret_key").exists()
    assert "SECRET_KEY_PREVIOUS" in refused(
        run("rotate-keys", "--forget-previous", SECRET_KEY="n" * 40)
    )


def test_reset_second_factor_names_who_is_not_there(run: Run) -> None:
    went_well(run("seed-demo"))
    assert "has no second factor" in went_well(run("reset-second-factor", "super@admin.com"))
    assert "no user" in refused(run("reset-second-factor", "nobody@example.com"))


def test_a_wrong_setting_is_one_line(run: Run) -> None:
    assert "PORT" in refused(run("migrate", PORT="many"))


def test_the_audit_is_checked_exported_and_the_file_is_checked_too(
    run: Run, tmp_path: Path
) -> None:
    assert "run 'python -m exports_app migrate' first" in refused(run("audit", "verify"))
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    file = tmp_path / "audit.jsonl"
    assert "tenant acme: 1 entry, positions 1 to 1, hash" in went_well(
        run("audit", "export", str(file))
    )
    assert "ok   tenant acme: 1 entry" in went_well(run("audit", "verify"))
    assert "ok   tenant acme: 1 entry" in went_well(
        run("audit", "verify", "--tenant", "acme", SECRET_KEY="")
    )
    assert "ok   tenant acme: 1 entry" in went_well(run("audit", "verify", "--file", str(file)))
    elsewhere = {"DATA_DIR": str(tmp_path / "elsewhere")}
    assert "not checked: there is no SECRET_KEY" in went_well(
        run("audit", "verify", "--file", str(file), **elsewhere)
    )
    done = run("audit", "verify", "--file", str(file), SECRET_KEY="x" * 40)
    assert "see the line that begins with BAD" in refused(done)
    assert "BAD  the file was not signed with this server's SECRET_KEY" in done.stdout
    assert "name a new file" in refused(run("audit", "export", str(file)))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_entries_are_not_changed")
        connection.execute(
            "UPDATE audit_entries SET actor_name = 'Nobody' WHERE subject_name = 'Acme'"
        )
    done = run("audit", "verify")
    assert "see the lines that begin with BAD" in refused(done)
    (bad,) = [line for line in done.stdout.splitlines() if line.startswith("BAD  ")]
    assert re.match(
        "BAD  tenant acme: entry .* at position 1 was changed, or put in another's place", bad
    )


def test_a_fault_of_no_single_chain_is_on_stdout_too(run: Run, tmp_path: Path) -> None:
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute("DELETE FROM audit_unsealed")
    done = run("audit", "verify")
    assert "the audit is not whole" in refused(done)
    assert re.search("^BAD  entry .* was inserted beside the chain", done.stdout, re.MULTILINE)


def test_an_audit_that_was_exported_stays_whole_when_the_key_is_rotated(
    run: Run, tmp_path: Path
) -> None:
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    went_well(run("audit", "export", str(tmp_path / "audit.jsonl")))
    assert "1 checkpoint of the audit signed with the newest key" in went_well(run("rotate-keys"))
    assert "0 checkpoints of the audit" in went_well(run("rotate-keys", "--forget-previous"))
    assert "BAD" not in went_well(run("audit", "verify"))


def test_doctor_changes_nothing_and_is_content_with_a_fresh_folder(
    run: Run, tmp_path: Path
) -> None:
    assert "BAD" not in went_well(run("doctor"))
    assert not (tmp_path / "data").exists()


def test_doctor_is_content_with_a_demo_and_tells_no_secret(run: Run) -> None:
    run("seed-demo")
    told = went_well(run("doctor", SECRET_KEY="s" * 40, SMTP_PASS="hush hush"))
    assert "BAD" not in told
    assert "ssss" not in told
    assert "hush" not in told


def test_doctor_finds_the_demos_password_where_others_may_use_it(run: Run) -> None:
    went_well(run("seed-demo"))
    for env in ({"PUBLIC_URL": "https://exports.example.com"}, {"HOST": "0.0.0.0"}, {"DEMO": "0"}):
        done = run("doctor", **env)
        assert done.returncode == 1
        assert "BAD  demo: admin@acme.test still has the public password" in done.stdout
    done = run("doctor", PUBLIC_URL="https://exports.example.com", DEMO="1")
    assert done.returncode == 1
    assert "BAD  demo: DEMO=1 does not go with PUBLIC_URL" in done.stdout
    assert "ok   demo: its data and its public login are here" in went_well(run("doctor"))


def test_doctor_warns_of_a_proxy_that_is_not_trusted(run: Run) -> None:
    public = {"PUBLIC_URL": "https://exports.example.com"}
    assert "warn proxies: PUBLIC_URL is set without TRUSTED_PROXIES" in went_well(
        run("doctor", **public)
    )
    told = went_well(run("doctor", **public, TRUSTED_PROXIES="127.0.0.1"))
    assert "ok   proxies: the client's address is read from X-Forwarded-For of 127.0.0.1/32" in told
    assert "proxies" not in went_well(run("doctor"))


def test_doctor_warns_of_a_public_server_without_a_mail_server(run: Run) -> None:
    told = went_well(run("doctor", PUBLIC_URL="https://exports.example.com"))
    assert "warn email: not sent: no mail server is set" in told
    assert "ok   email: not sent: no mail server is set" in went_well(run("doctor"))


def test_doctor_looks_at_the_file_store_and_redis_where_they_are_set(
    run: Run, tmp_path: Path
) -> None:
    with redis_server() as redis:
        told = went_well(run("doctor", FILES_URL=str(tmp_path / "shared"), REDIS_URL=redis.url))
        assert "will be used" in told
        assert "Redis: reachable" in told
        redis.stop()
        done = run("doctor", REDIS_URL=redis.url)
    assert done.returncode == 1
    assert "BAD  Redis: cannot be reached: check REDIS_URL" in done.stdout


def test_doctor_finds_a_mail_server_that_is_not_there(run: Run) -> None:
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port()), "SMTP_FROM": "me@example.com"}
    done = run("doctor", **smtp)
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout


def test_doctor_signs_in_as_a_message_would_and_names_the_setting_that_is_wrong(run: Run) -> None:
    with mail_server(user="reports", password="right") as server:
        smtp = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.port),
            "SMTP_TLS": "none",
            "SMTP_USER": "reports",
        }
        smtp |= {"SMTP_FROM": "reports@example.com"}
        assert "takes connections and the sign-in" in went_well(
            run("doctor", **smtp, SMTP_PASS="right")
        )
        done = run("doctor", **smtp, SMTP_PASS="wrong")
        assert server.messages == []
    assert done.returncode == 1
    assert "check SMTP_USER and SMTP_PASS" in done.stdout
    assert "wrong" not in done.stdout


def test_doctor_finds_a_clock_that_was_set_back(run: Run, tmp_path: Path) -> None:
    went_well(run("seed-demo"))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        ahead = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.000000")
        assert (
            connection.execute("UPDATE scheduled_exports SET updated_at = ?", (ahead,)).rowcount > 0
        )
    done = run("doctor")
    assert done.returncode == 1
    assert "behind what the database has noted: was it set back?" in done.stdout


def test_doctor_says_which_node_builds_the_pages(run: Run) -> None:
    assert "Node: 24." in went_well(run("doctor"))
