"""Passwords that are given by files change while the app runs."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from exports_app import settings as settings_module
from exports_app import wiring
from exports_app.channels.email import EmailChannel
from exports_app.db.process_registry import ProcessKind
from exports_app.db.write_probe import WriteProbe
from exports_app.domain.errors import DeliveryError, Unavailable
from exports_app.engine.queue_listener import consume
from exports_app.engine.row_sources import rows_of
from exports_app.services.core.change_events import Change, Topic
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import DEADLINE, Watch
from tests.mailserver import mail_server
from tests.postgres import Emptier, Postgres
from tests.world import sql

OLD, NEW = "the old one: @/%", "the new one: +&?"


class Role:
    """A user of PostgreSQL that needs a password, which a file has."""

    def __init__(self, postgres: Postgres, file: Path) -> None:
        self._postgres = postgres
        self.file = file

    def give(self, password: str) -> None:
        """As an operator does it: to the role, then to the file."""
        self._postgres.sql(f"ALTER ROLE rotated PASSWORD '{password}'")
        self.write(password)

    def write(self, password: str) -> None:
        user = f"rotated:{quote(password, safe='')}@"
        self.file.write_text(self._postgres.url("migrated").replace("exports@", user))

    def cut_off(self) -> None:
        """End all its connections: those that come have to sign in anew."""
        self._postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'"
        )


@pytest.fixture
def role(
    postgres: Postgres,
    migrated_url: str,
    emptier: Emptier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Role]:
    hba = postgres.data / "pg_hba.conf"
    before = hba.read_text()
    postgres.sql("CREATE ROLE rotated LOGIN SUPERUSER")
    hba.write_text(f"host all rotated 127.0.0.1/32 scram-sha-256\n{before}")
    postgres.sql("SELECT pg_reload_conf()")
    made = Role(postgres, tmp_path / "url")
    made.give(OLD)
    for name, value in {
        "DATABASE_URL": "",
        "DATABASE_URL_FILE": str(made.file),
        "DATA_DIR": str(tmp_path / "data"),
        "SECRET_KEY": "a key for tests only, long enough to sign with",
        "DEMO": "0",
    }.items():
        monkeypatch.setenv(name, value)
    settings_module.get.cache_clear()
    yield made
    settings_module.get.cache_clear()
    made.cut_off()
    hba.write_text(before)
    postgres.sql("SELECT pg_reload_conf()")
    emptier()
    postgres.sql("DROP ROLE rotated")


@pytest.fixture
def running(role: Role) -> Iterator[Services]:
    with closing(wiring.build(settings_module.get())) as services:
        yield services


def test_the_pool_the_listener_the_registry_and_a_childs_rows_go_on(
    role: Role, running: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.db.process_registry.CHECK_SECONDS", 0.1)
    heard = Watch(running.changes)
    with running.changes.listen(), running.process_registry.register(ProcessKind.WEB):
        sql(running, "SELECT 1")
        role.give(NEW)
        role.cut_off()
        wait_until(lambda: _answers(running))
        WriteProbe(running.database).check()
        running.database.connect_apart().close()
        with rows_of({"database": running.database.libpq_url, "sql": "SELECT 1"}) as rows:
            assert [tuple(row) for chunk in rows for row in chunk] == [(1,)]
        with closing(wiring.build(settings_module.get())) as other:
            wait_until(lambda: _told(other, heard))
        wait_until(lambda: running.process_registry.count(ProcessKind.WEB) == 1)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline


def _answers(services: Services) -> bool:
    try:
        services.store.ping()
    except Unavailable:
        return False
    return True


def _told(other: Services, heard: Watch) -> bool:
    """Whether a change of another process arrives."""
    other.changes.publish(Change(Topic.SCHEDULES, "of the other"))
    other.changes.flush()
    return any(change.tenant_id == "of the other" for change in heard.seen)


@pytest.mark.long
def test_the_queue_goes_on(role: Role, running: Services) -> None:
    async def work() -> None:
        woken, stopped = asyncio.Event(), asyncio.Event()
        queue = asyncio.create_task(consume(running.database, woken.set, stopped))
        await _woken(running, woken)
        role.give(NEW)
        role.cut_off()
        woken.clear()
        await _woken(running, woken)
        stopped.set()
        await queue

    asyncio.run(work())


async def _woken(services: Services, woken: asyncio.Event) -> None:
    job = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " VALUES ('exports', 'exports_app.run', '{\"run\": \"x\"}')"
    )
    while not woken.is_set():
        try:
            await asyncio.to_thread(sql, services, job)
        except Unavailable:
            continue
        try:
            await asyncio.wait_for(woken.wait(), 1)
        except TimeoutError:
            continue


def test_what_the_file_does_not_say_yet_is_an_outage_until_it_does(
    role: Role, running: Services, postgres: Postgres
) -> None:
    running.store.ping()
    postgres.sql(f"ALTER ROLE rotated PASSWORD '{NEW}'")
    role.cut_off()
    running.database.dispose()
    with pytest.raises(Unavailable) as e:
        running.store.ping()
    assert e.value.cause.startswith("the database refuses the password")
    role.file.write_text("")  # while it is replaced
    with pytest.raises(Unavailable):
        running.store.ping()
    role.write(NEW)
    running.store.ping()


def test_a_password_in_a_file_of_its_own_is_read_for_each_connection(
    role: Role, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(OLD)
    monkeypatch.setenv("DATABASE_URL", postgres.url("migrated").replace("exports@", "rotated@"))
    monkeypatch.delenv("DATABASE_URL_FILE")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(file))
    settings_module.get.cache_clear()
    with closing(wiring.build(settings_module.get())) as services:
        services.store.ping()
        role.give(NEW)
        file.write_text(f"{NEW}\n")
        role.cut_off()
        services.database.dispose()
        services.store.ping()


def test_settings_that_no_environment_gave_stay_as_they_are(role: Role) -> None:
    given = Settings.model_validate({"database_url": "postgresql://someone@127.0.0.1/else"})
    assert given.current_url() == given.url
    assert settings_module.get().current_url() == role.file.read_text()


def test_the_password_of_the_mail_server_is_read_for_each_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "smtp"
    file.write_text("right")
    with mail_server(user="reports", password="right") as server:
        for name, value in {
            "HOST": "127.0.0.1",
            "PORT": str(server.port),
            "TLS": "none",
            "USER": "reports",
            "FROM": "reports@example.com",
            "PASS_FILE": str(file),
        }.items():
            monkeypatch.setenv(f"SMTP_{name}", value)
        channel = EmailChannel()
        channel.check()
        file.write_text("wrong")
        with pytest.raises(DeliveryError, match="check SMTP_USER and SMTP_PASS"):
            channel.check()
        file.write_text("right\n")
        channel.check()
