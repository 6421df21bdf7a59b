"""How SQLite reads what the app asks for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from exports_app.wiring import Services


@contextmanager
def plans(services: Services) -> Iterator[list[str]]:
    """The steps of the plans of all SELECTs within the block, e.g. ``SCAN users``."""
    steps = list[str]()

    def explain(_: object, cursor: object, statement: str, parameters: object, *__: object) -> None:
        if statement.startswith("SELECT"):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            steps.extend(row[3] for row in plan)

    event.listen(services.database.engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        event.remove(services.database.engine, "before_cursor_execute", explain)
