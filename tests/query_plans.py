"""How SQLite reads what the app asks for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from exports_app.wiring import Services


@contextmanager
def plans(services: Services, verb: str = "SELECT") -> Iterator[list[str]]:
    """The steps of the plans of all statements within the block that begin with the verb, e.g.
    ``SCAN users``."""
    steps = list[str]()

    def explain(_: object, cursor: object, statement: str, parameters: object, *__: object) -> None:
        if statement.startswith(verb):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            steps.extend(row[3] for row in plan)

    event.listen(services.database.engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        event.remove(services.database.engine, "before_cursor_execute", explain)
