"""What is wrong has a name: a stable code in `doctor --json`, and a line that says what to do."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from redis import Redis

from exports_app.db.connect_failures import failure
from exports_app.doctor import databases
from exports_app.doctor.finding import Finding, limited
from exports_app.launch import holders
from exports_app.settings import Settings
from tests.integration.launch.cli.process import Run, refused
from tests.postgres import Postgres
from tests.redis_server import redis_server

RIGHT, WRONG = "the-right-one", "a-wrong-one"


def codes(run: Run, *, exit_code: int = 1, **env: str) -> dict[str, str]:
    """The codes of what is not well, each with its detail."""
    done = run("doctor", "--json", **env)
    assert (done.returncode, done.stderr) == (exit_code, "")
    told = json.loads(done.stdout)
    assert told["ok"] is (exit_code == 0)
    assert WRONG not in done.stdout
    assert RIGHT not in done.stdout
    return {one["code"]: one["detail"] for one in told["findings"] if one["level"] != "ok"}


@pytest.fixture
def guarded(postgres: Postgres) -> Iterator[str]:
    """Where PostgreSQL asks a user for a password: host and port."""
    hba = postgres.data / "pg_hba.conf"
    before = hba.read_text()
    postgres.sql(f"CREATE ROLE guarded LOGIN PASSWORD '{RIGHT}'")
    hba.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}")
    postgres.sql("SELECT pg_reload_conf()")
    yield f"127.0.0.1:{postgres.port}"
    hba.write_text(before)
    postgres.sql("SELECT pg_reload_conf()")
    postgres.sql("DROP ROLE guarded")


def test_the_password_of_the_database(run: Run, guarded: str) -> None:
    env = {"DATABASE_URL": f"postgresql://guarded:{WRONG}@{guarded}/postgres"}
    found = codes(run, **env)
    assert found["database_password"].startswith("the database refuses the password: check")
    for command in (("migrate",), ("serve", "--backend-only")):
        done = run(*command, **env, SECRET_KEY="s" * 40)
        assert "exports_app: the database refuses the password: check" in done.stderr
        assert done.returncode == 1
        assert "try again in a moment" not in done.stderr


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://exports@{}/nowhere", "database_missing"),
        ("postgresql://nobody@{}/postgres", "database_user"),
        ("postgresql://exports@127.0.0.1:1/postgres", "database_refused"),
        ("postgresql://exports@no.such.host.invalid/postgres", "database_host"),
    ],
)
def test_what_else_is_wrong_with_a_database(
    run: Run, postgres: Postgres, url: str, code: str
) -> None:
    place = f"127.0.0.1:{postgres.port}"
    assert code in codes(run, DATABASE_URL=url.format(place))


def test_indexes_that_migrate_creates_are_not_asked_for_before(
    run: Run, postgres: Postgres
) -> None:
    found = codes(run, DATABASE_URL=postgres.url())
    assert "schema_outdated" in found
    assert "search" not in found


def test_a_file_that_the_server_misses_is_not_a_missing_server() -> None:
    at = "connection failed: connection to server"
    missing = "No such file or directory"
    socket = f'{at} on socket "/run/.s.PGSQL.5432" failed: {missing}'
    assert failure(socket).code == "database_refused"
    told = f'{at} at "::1", port 5432 failed: FATAL:  could not open file "global/x": {missing}'
    assert failure(told).code == "database_unreachable"


def test_an_unheard_of_reason_is_told_as_it_is() -> None:
    assert "(it was the moon)" in failure("it was the moon\nand more").message
    assert failure("connection timeout expired").code == "database_silent"


def test_the_password_of_redis(run: Run) -> None:
    with redis_server() as redis:
        with Redis.from_url(redis.url) as client:
            client.config_set("requirepass", RIGHT)
        url = redis.url.replace("redis://", f"redis://:{WRONG}@")
        found = codes(run, REDIS_URL=url)
    assert "check REDIS_URL" in found["redis_password"]


def test_an_option_that_redis_does_not_have(run: Run) -> None:
    found = codes(run, REDIS_URL="redis://127.0.0.1:1/0?foo=bar")
    assert "check REDIS_URL after the ?" in found["redis_options"]


def test_a_file_store_that_cannot_be_written_as_serve_finds_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    env = {"FILES_URL": str(tmp_path / "a file" / "exports")}
    assert "cannot be written" in codes(run, **env)["files_unwritable"]
    assert "Not a directory" in refused(run("serve", "--backend-only", **env))


def test_a_port_that_another_program_holds(run: Run) -> None:
    with listening() as port:
        assert f"127.0.0.1:{port} is in use by" in codes(run, PORT=port)["port_taken"]
        assert "(process " in codes(run, PORT=port)["port_taken"]
        done = refused(run("serve", "--backend-only", PORT=port))
    assert f"port {port} on 127.0.0.1 is taken by " in done


def test_a_bad_setting_is_a_finding(run: Run) -> None:
    assert "PORT" in codes(run, PORT="many")["settings"]


def test_a_proxy_without_the_address_that_people_use(run: Run) -> None:
    found = codes(run, exit_code=0, TRUSTED_PROXIES="127.0.0.1")
    assert "links in emails lead to http://127.0.0.1" in found["public_url_missing"]


def test_a_misspelt_variable(run: Run) -> None:
    found = codes(run, exit_code=0, SMTP_PASSWORD=WRONG, SECRET_KEYS_FILE="/x")
    assert "do you mean" in found["settings"]
    done = run("doctor", SMTP_PASSWORD=WRONG)
    assert "SMTP_PASSWORD, which is not a setting; do you mean SMTP_PASS?" in done.stdout


@pytest.fixture
def locked(tmp_path: Path, migrated: None) -> Iterator[None]:
    """The database, by a program of its own."""
    file = tmp_path / "data" / "exports.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.usefixtures("locked")
def test_a_locked_database_and_who_has_locked_it(run: Run) -> None:
    told = codes(run)["database_locked"]
    assert told.startswith("locked by ")
    assert f"(process {os.getpid()}): wait until it has finished writing, or stop it" in told


@pytest.mark.usefixtures("locked")
def test_a_lock_of_the_apps_own_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.01)
    command = "python -m exports_app import-campaigns"
    monkeypatch.setattr(holders, "_command", lambda _: command)
    found = list(databases.reach(Settings(data_dir=tmp_path / "data")))
    assert [(finding.word, finding.code) for finding in found] == [
        ("warn", "database_locked"),
        ("ok", "database"),
    ]
    assert found[0].detail.startswith(f"locked by {command} (process {os.getpid()})")


def test_a_database_that_was_removed_below_its_server(run: Run) -> None:
    assert codes(run, exit_code=0) == {}
    with answering(b'{"status":"down"}') as port:
        assert "its file is missing" in codes(run, PORT=port)["database_file_gone"]
    with answering(b'{"status":"of another program"}') as port:
        assert "database_file_gone" not in codes(run, PORT=port)


@contextmanager
def answering(health: bytes) -> Iterator[str]:
    """The port of a server with this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(health)

        def log_message(self, *_: object) -> None:
            """Tests stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield str(server.server_port)
        server.shutdown()
        thread.join()


def test_a_restored_installation_fits(run: Run, tmp_path: Path) -> None:
    for args in (("seed-demo",), ("accept-settings",), ("backup", str(tmp_path / "copy"))):
        assert run(*args).returncode == 0
    (tmp_path / "data").rename(tmp_path / "gone")
    assert run("restore", str(tmp_path / "copy")).returncode == 0
    assert "ok   installation: " in run("doctor").stdout
    (tmp_path / "data" / "secret_key").write_text("another one " * 5)
    assert "secret_key_differs" in codes(run)


def test_another_key_than_the_installations(run: Run, tmp_path: Path) -> None:
    for args in (("seed-demo",), ("accept-settings",)):
        assert run(*args, SECRET_KEY="s" * 40).returncode == 0
    assert "secret_key_differs" in codes(run, SECRET_KEY="t" * 40)
    assert codes(run, exit_code=0, SECRET_KEY="s" * 40) == {}


@pytest.mark.parametrize(
    ("ahead", "word"), [(1, "ok"), (3, "warn"), (-29, "warn"), (31, "BAD"), (-31, "BAD")]
)
def test_a_clock_that_differs_from_the_databases(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch, ahead: int, word: str
) -> None:
    monkeypatch.setattr(databases, "_ahead_of", lambda _: timedelta(seconds=ahead))
    settings = Settings.model_validate({"database_url": migrated_url})
    (found,) = databases.find_clock(settings)
    assert found.word == word
    assert (found.code == "clock_skew") is (word != "ok")


@pytest.mark.long
def test_a_database_and_a_mail_server_that_never_answer(run: Run) -> None:
    with listening() as port:
        smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "SMTP_FROM": "me@example.com"}
        url = f"postgresql://exports@127.0.0.1:{port}/exports"
        found = codes(run, DATABASE_URL=url, **smtp)
    assert found.keys() >= {"database_silent", "no_answer"}


def test_a_check_that_hangs_is_left_alone() -> None:
    hangs = Event()

    def check() -> list[Finding]:
        hangs.wait()
        return []

    (found,) = limited("email", check, seconds=0.01)
    hangs.set()
    assert (found.code, found.good) == ("no_answer", False)


def test_the_error_of_a_check_is_not_swallowed() -> None:
    def check() -> list[Finding]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(limited("email", check))


@contextmanager
def listening() -> Iterator[str]:
    """A program that answers nothing on a port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def test_a_data_folder_that_cannot_be_made(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, below which nobody makes a folder")
    found = codes(run, exit_code=0, DATA_DIR=str(tmp_path / "taken" / "data"))
    assert f"cannot create it in {tmp_path / 'taken'}: create it" in found["data_folder_missing"]
