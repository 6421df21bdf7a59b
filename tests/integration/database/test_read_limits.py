"""A reading that takes longer than its caller may wait is stopped by the database itself."""

import time

import pytest
from sqlalchemy import Connection, literal, select, text

from exports_app.db import time_limits
from exports_app.domain.errors import ReadTooLong
from exports_app.services.core import read_limits
from exports_app.wiring import Services

ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 7 + 1 FROM n) SELECT max(i) FROM n"
)


def read_on(connection: Connection) -> int:
    return int(connection.execute(select(literal(7))).scalar_one())


def test_an_endless_reading_is_stopped_and_the_next_one_is_not(services: Services) -> None:
    for _ in range(2):
        with read_limits.use(0.05), pytest.raises(ReadTooLong, match="narrow it"):
            with services.database.read() as connection:
                connection.execute(ENDLESS).all()
        with services.database.read() as connection:
            assert read_on(connection) == 7


def test_a_reading_without_a_limit_follows_one_that_had_one_on_the_same_connection(
    services: Services,
) -> None:
    services.database.dispose()
    with read_limits.use(0.001), services.database.read() as connection:
        assert read_on(connection) == 7
    with services.database.read() as connection:
        deadline = time.monotonic() + 0.05
        steps = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        while time.monotonic() < deadline:
            assert connection.execute(text(f"{steps} SELECT max(i) FROM n")).scalar_one() == 300_000


def test_a_shorter_limit_within_a_longer_one_ends_with_its_block(services: Services) -> None:
    with read_limits.use(30), services.database.read() as connection:
        with time_limits.until(connection, time.monotonic() + 0.01):
            assert read_on(connection) == 7
        deadline = time.monotonic() + 0.05
        steps = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        while time.monotonic() < deadline:
            assert connection.execute(text(f"{steps} SELECT max(i) FROM n")).scalar_one() == 300_000


def test_a_longer_limit_within_a_shorter_one_does_not_extend_it(services: Services) -> None:
    def read() -> None:
        with services.database.read() as connection:
            with time_limits.until(connection, time.monotonic() + 600):
                connection.execute(ENDLESS).all()

    with read_limits.use(0.05), pytest.raises(ReadTooLong):
        read()


def test_writers_and_the_engine_have_no_limit(services: Services) -> None:
    assert read_limits.seconds() is None
    with read_limits.use(0.001), services.store.write() as tx:
        assert tx.tenants.get("none") is None


def test_the_database_is_not_taken_for_gone_after_a_stop(services: Services) -> None:
    with read_limits.use(0.05), pytest.raises(ReadTooLong) as stopped:
        with services.store.read() as tx:
            tx.connection.execute(ENDLESS).all()  # type: ignore[attr-defined]
    assert stopped.value.code == "read_too_long"
    services.store.ping()
