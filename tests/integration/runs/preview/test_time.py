"""A preview that takes too long."""

import time
from typing import Any

import pytest
from sqlalchemy import Integer, event, literal, select, text
from sqlalchemy.exc import DBAPIError

from exports_app.db import time_limits
from exports_app.domain.access import Principal
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import (
    EXPORT_TYPES,
)
from exports_app.services.core.records import Sample, Tenant
from exports_app.services.runs.preview import Preview
from exports_app.wiring import Services
from tests.integration.runs.preview.previews import ALL, BERLIN
from tests.world import (
    registered,
    uuid_of,
)


class Endless:
    """A query that never ends: SQLite counts up for ever, unless it may stop at the limit."""

    key = "endless"
    label, description = "Endless", "Numbers."
    filters = ()

    def __init__(self, *, sorted_first: bool) -> None:
        self._sorted_first = sorted_first

    def columns(self) -> tuple[Column, ...]:
        return (integer("number", "Number"),)

    def select(self, scope: Scope) -> Any:
        numbers = select(literal(1, Integer).label("number")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.number + 1))
        query = select(numbers.c.number)
        return query.order_by(numbers.c.number.desc()) if self._sorted_first else query


@pytest.mark.parametrize("sorted_first", [True, False])
def test_when_the_time_is_up_the_answer_says_so_instead_of_failing(
    services: Services, admin: Principal, acme: Tenant, sorted_first: bool
) -> None:
    limited = Preview(services.store, services.files, services.clock, seconds=0.2)
    began = time.monotonic()
    with registered(EXPORT_TYPES, Endless(sorted_first=sorted_first)):
        seen = limited.data(admin, acme.id, "endless", "csv", BERLIN, ALL)
        message = limited.message(admin, acme.id, "Numbers", "endless", "csv", BERLIN, ALL)
    assert time.monotonic() - began < 30
    assert (seen.total, seen.size, seen.complete) == (None, None, False)
    assert seen.rows == (() if sorted_first else tuple((str(i),) for i in range(1, 11)))
    assert message is not None
    assert "known when the file is made" in message.text
    assert "no data" not in message.text


def test_the_connection_goes_back_clean(services: Services, admin: Principal, acme: Tenant) -> None:
    """The pool hands the same one on: to a query that takes longer than a preview may."""
    handed = list[int]()
    services.changes.flush()  # its thread would take a connection too
    event.listen(
        services.database.engine, "checkout", lambda connection, *_: handed.append(id(connection))
    )
    with services.store.read() as tx:
        tx.sample(Endless(sorted_first=True).select(Scope(acme.id, None, None)), 10, 0.05)
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
        "SELECT count(*) FROM n"
    )
    with services.database.read() as connection:
        assert connection.execute(text(numbers)).scalar_one() == 1_000_000
    with services.store.write() as tx:
        tx.tenants.add(Tenant(uuid_of(0xF), "Fresh", "fresh", "#000000"))
    assert len(set(handed)) == 1
    assert services.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_any_other_trouble_of_the_database_is_not_taken_for_time(services: Services) -> None:
    for _ in range(2):
        with (
            pytest.raises(DBAPIError, match=r"no such table|does not exist"),
            services.store.read() as tx,
        ):
            tx.sample(select(text("1")).select_from(text("nowhere")), 10, 1.0)
    with services.store.read() as tx:
        assert tx.sample(select(literal(7)), 10, 1.0) == Sample([(7,)], 1)


class Psycopg(Exception):
    sqlstate = "57014"


def test_postgresqls_word_for_a_timeout_is_known() -> None:
    assert time_limits.was_stopped(Psycopg())
    assert not time_limits.was_stopped(Exception())
    assert not time_limits.was_stopped(None)
