"""Health's small write: it sees a database that can be read and not written."""

import sqlite3
from contextlib import closing
from typing import NamedTuple

import pytest

from exports_app.db import write_probe
from exports_app.domain.errors import Unavailable
from exports_app.wiring import Services
from tests.world import make_cast


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_probe, "PROBE_SECONDS", -1.0)


def test_a_database_that_works_is_written_each_time(services: Services) -> None:
    for _ in range(3):
        services.store.check_writable()


@pytest.mark.about_sqlite
def test_it_needs_room_for_what_it_writes(services: Services) -> None:
    services.store.check_writable()
    file = services.database.file
    assert file is not None
    log = file.with_name(f"{file.name}-wal")
    with closing(sqlite3.connect(file)) as reader:  # keeps the log from beginning anew
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tenants").fetchone()
        before = log.stat().st_size
        services.store.check_writable()
        assert log.stat().st_size > before


@pytest.mark.about_sqlite
def test_a_database_that_another_program_has_locked_is_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_probe, "WAIT_SECONDS", 0.05)
    file = services.database.file
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="is locked by another program"):
            services.store.check_writable()
        services.store.ping()
        other.execute("ROLLBACK")
    services.store.check_writable()


@pytest.mark.about_postgresql
def test_a_table_that_is_locked_is_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_probe, "WAIT_SECONDS", 0.05)
    with services.database.connect_apart() as other, other.transaction():
        other.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable, match="is locked by another program"):
            services.store.check_writable()
    services.store.check_writable()


@pytest.mark.about_postgresql
def test_a_database_that_may_only_be_read_is_told(services: Services) -> None:
    name = services.database.engine.url.database
    with services.database.connect_apart() as other:
        other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        try:
            with pytest.raises(Unavailable, match="read-only"):
                services.store.check_writable()
        finally:
            other.execute("SET default_transaction_read_only = off")
            other.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
    services.store.check_writable()


@pytest.mark.about_sqlite
def test_a_full_disk_is_told_while_the_log_still_has_room(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Disk(100, 100, 0))
    with pytest.raises(Unavailable, match="disk of the database is full"):
        services.store.check_writable()


@pytest.mark.about_sqlite
def test_a_file_that_is_gone_is_told(services: Services) -> None:
    file = services.database.file
    assert file is not None
    services.database.dispose()
    file.rename(file.with_suffix(".away"))
    with pytest.raises(Unavailable):
        services.store.check_writable()
    assert not file.exists()


@pytest.mark.about_sqlite
def test_a_write_of_the_app_itself_shows_that_it_works(
    services: Services, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where writers queue, the probe might not get its turn."""
    monkeypatch.setattr(write_probe, "PROBE_SECONDS", 600.0)
    monkeypatch.setattr(write_probe, "_write_sqlite", lambda _: pytest.fail("it was written"))
    with services.store.write():
        pass
    with pytest.raises(pytest.fail.Exception):
        services.store.check_writable()  # nothing was changed
    make_cast(services, password_hash)
    services.store.check_writable()
