"""`python -m bench.postgres ROWS ROUNDS`: our CSV out of PostgreSQL beside psql's copy to a file,
the limit of what can be had.

The server is one of its own, as in the tests. Ours is the engine's child process, as in
`bench.candidates`; psql gets the same query, with the ratios and the cents in SQL. Rounds
alternate. Prints JSON.
"""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.candidates import ours
from bench.data import DAYS, people, seed
from bench.rivals.cli import HUNDREDTHS, QUOTIENTS
from bench.rivals.rows import COLUMNS, STORED
from bench.running import say
from bench.task import task_of
from exports_app import log, wiring
from exports_app.db import migrate
from exports_app.settings import Settings
from tests.postgres import Postgres, postgres_server, programs


def _column(name: str) -> str:
    if name in QUOTIENTS:
        above, below = map(_value, QUOTIENTS[name])
        return f"round({above} * 1.0 / nullif({below}, 0), 6) AS {name}"
    return f"round({_value(name)}, 2) AS {name}" if name in HUNDREDTHS else name


def _value(name: str) -> str:
    return f"({name} / 100.0)" if name in HUNDREDTHS else name


def copied(server: Postgres, sql: str, path: Path) -> float:
    query = (
        f"WITH queried({', '.join(STORED)}) AS ({sql}) SELECT {', '.join(map(_column, COLUMNS))} "
        "FROM queried"
    )
    command = f"\\copy ({' '.join(query.split())}) TO '{path}' CSV HEADER"
    began = time.perf_counter()
    subprocess.run([programs() / "psql", "-qX", server.url("bench"), "-c", command], check=True)
    return time.perf_counter() - began


def main(rows: int, rounds: int) -> dict[str, object]:
    log.configure("error")
    seconds: dict[str, list[float]] = {"ours": [], "copy": []}
    with (
        postgres_server() as server,
        tempfile.TemporaryDirectory(prefix="exports-bench-") as folder,
    ):
        server.sql("CREATE DATABASE bench")
        settings = Settings(
            data_dir=Path(folder), database_url=server.url("bench"), secret_key="x" * 40
        )
        services = wiring.build(settings)
        migrate.upgrade(services.database)
        say(f"seeding {rows:,} rows into PostgreSQL")
        tenant_id, _ = people(services)
        seed(services, tenant_id, rows // DAYS)
        server.sql("VACUUM ANALYZE", "bench")
        task = task_of(services, tenant_id)
        services.database.dispose()
        made, limit = Path(folder, "ours.csv"), Path(folder, "copy.csv")
        for number in range(rounds):
            for name in ("ours", "copy") if number % 2 == 0 else ("copy", "ours"):
                took = (
                    ours("csv", task, made)[0]
                    if name == "ours"
                    else copied(server, task["sql"], limit)
                )
                seconds[name].append(took)
                say(f"csv out of PostgreSQL, {rows:,} rows, {name}: {took:.2f} s")
        for path in (made, limit):
            with path.open(newline="") as file:
                written = sum(1 for _ in csv.reader(file)) - 1
            if written != rows:
                raise SystemExit(f"{path.name}: {written:,} rows in the file")
    middle = {name: statistics.median(took) for name, took in seconds.items()}
    return {**middle, "times": middle["ours"] / middle["copy"]}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
