"""SQLite's file while another program has locked it: the answer, the log, and the engine say so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import structlog

from exports_app.db import engine, outages
from exports_app.domain.errors import DatabaseFull, DatabaseLocked, Overloaded, Unavailable
from exports_app.engine.lasting_writes import lasting
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients

SAID = "The database is locked by another program: try again in a moment"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 20)


@pytest.fixture
def locked(services: Services, schedule: Any) -> Iterator[None]:
    """By another program that writes."""
    with closing(sqlite3.connect(str(services.database.file), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.about_sqlite
@pytest.mark.usefixtures("locked")
def test_a_request_is_told(api: Clients) -> None:
    told = problem(api.admin.post(SCHEDULES, schedule_body()), 503, "unavailable")
    assert told["detail"] == SAID
    assert api.admin.get(SCHEDULES).status_code == 200  # readers go on


@pytest.mark.about_sqlite
@pytest.mark.usefixtures("locked")
def test_whoever_retries_logs_the_reason(services: Services) -> None:
    def write() -> None:
        with services.store.write():
            pytest.fail("nothing can be written")

    with structlog.testing.capture_logs() as lines, pytest.raises(DatabaseLocked):
        lasting(timedelta(milliseconds=1), write)
    again = [line["reason"] for line in lines if "trying again" in line["event"]]
    assert set(again) <= {SAID}
    assert any(line["reason"] == "database is locked" for line in lines)


@pytest.mark.about_sqlite
@pytest.mark.parametrize(("begins", "error"), [(True, DatabaseLocked), (False, Overloaded)])
def test_who_waits_behind_the_own_writer_hears_what_that_one_waits_for(
    services: Services, begins: bool, error: type[Unavailable]
) -> None:
    database = services.database
    with database._writer:
        database._begins = begins
        with pytest.raises(error) as raised, database.write():
            pytest.fail("there is a writer")
    assert type(raised.value) is error
    database._begins = False


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("error", "expected", "why"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), DatabaseLocked, SAID),
        (sqlite_error(sqlite3.SQLITE_LOCKED), DatabaseLocked, SAID),
        (psycopg.errors.LockNotAvailable(), DatabaseLocked, SAID),
        (sqlite_error(sqlite3.SQLITE_FULL), DatabaseFull, "The disk of the database is full"),
        (psycopg.errors.DiskFull(), DatabaseFull, "The disk of the database is full"),
        (
            sqlite_error(sqlite3.SQLITE_CORRUPT),
            Unavailable,
            "the database file cannot be used: told by SQLite",
        ),
    ],
)
def test_each_reason_has_its_words(error: Exception, expected: type[Unavailable], why: str) -> None:
    unavailable = outages._unavailable(error)
    assert type(unavailable) is expected
    assert unavailable.why.startswith(why)
