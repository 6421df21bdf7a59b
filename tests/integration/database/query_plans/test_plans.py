"""Every statement of every repository, explained over a database with the rows of years: none reads
a table that grows from end to end, or sorts more than a page of it."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import get_type_hints

from sqlalchemy import Connection, text

from exports_app.db import store as store_module
from exports_app.db.store import SqlTransaction
from exports_app.wiring import Services
from tests.integration.database.query_plans.allowed import is_allowed
from tests.integration.database.query_plans.calls import CALLS, INSERTS
from tests.integration.database.query_plans.filling import fill
from tests.integration.database.query_plans.known import known
from tests.integration.database.query_plans.plan_steps import Explaining
from tests.world import Cast


def methods() -> set[str]:
    """All public methods of all repositories: ``runs.latest``."""
    found = set[str]()
    for name, value in vars(SqlTransaction).items():
        if isinstance(value, cached_property):
            repository = get_type_hints(value.func, vars(store_module))["return"]
            members = inspect.getmembers(repository, inspect.isfunction)
            found |= {f"{name}.{method}" for method, _ in members if not method.startswith("_")}
    return found


def test_every_method_is_called_here() -> None:
    assert methods() == {name.partition(":")[0] for name in CALLS} | INSERTS


@contextmanager
def undone(services: Services) -> Iterator[Connection]:
    """A transaction that leaves nothing."""
    with services.database.engine.connect() as connection:
        if services.database.embedded:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Small tables are always read whole. What is left of that has no index to take
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        yield connection
        connection.rollback()


def test_no_statement_costs_in_proportion_to_what_has_piled_up(
    services: Services, cast: Cast
) -> None:
    filled = fill(services, cast)
    with services.store.read() as tx:
        there = known(tx, filled)
    found = dict[str, list[str]]()
    for name, call in CALLS.items():
        with undone(services) as connection, Explaining(connection) as explaining:
            call(SqlTransaction(connection), there)
        for explained in explaining.found:
            faults = [fault for fault in explained.faults if not is_allowed(name, fault)]
            if faults:
                found.setdefault(name, []).extend([*faults, explained.statement])
    assert not found, "\n".join(
        line for name, faults in found.items() for line in (name, *(f"    {f}" for f in faults))
    )
