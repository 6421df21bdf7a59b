"""`python -m bench.growth.start FOLDER URL CLOCK`: one start of the server's own work, without the
pages and the sockets: imports, services, the checks of `startup`, the engine's recovery and first
cycle.

Prints JSON: milliseconds since the interpreter began, or its processor time where CLOCK is cpu, and
the rows that were fetched.
"""

import time

BEGAN = time.perf_counter()

import json  # noqa: E402  (all imports are part of the start)
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from sqlalchemy import event  # noqa: E402

from bench.growth.databases import opened  # noqa: E402
from exports_app import startup  # noqa: E402
from exports_app.engine.local import LocalEngine  # noqa: E402


class Rows:
    """Counts the rows that connections fetch, by their drivers' own hook."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, connection: Any, _record: Any) -> None:
        is_sqlite = type(connection).__module__.startswith("sqlite3")
        connection.row_factory = self._sqlite if is_sqlite else self._psycopg

    def _sqlite(self, _cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count += 1
        return row

    def _psycopg(self, _cursor: Any) -> Any:
        def make(values: Any) -> tuple[Any, ...]:
            self.count += 1
            return tuple(values)

        return make


def main(folder: Path, url: str, kind: str = "wall") -> dict[str, Any]:
    rows = Rows()
    with opened(folder, url) as services:
        event.listen(services.database.engine, "connect", rows.watch)
        startup.prepare(services)
        engine = LocalEngine(services, executes=lambda: False)
        # What `run` does before the first pulse, and then at it
        engine._start()  # noqa: SLF001
        engine._cycle()  # noqa: SLF001
        took = time.process_time() if kind == "cpu" else time.perf_counter() - BEGAN
        return {"ms": took * 1000, "rows": rows.count}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
