"""`python -m bench.machines`: how fast an installation of many processes works off a queue, and
what each process takes.

Everything is on this machine: PostgreSQL, Redis, the mail server, the server and its workers share
its cores.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from exports_app.db import migrate
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.distributed.conftest import Installation, ended
from tests.e2e.client import wait_until
from tests.mailserver import mail_server
from tests.postgres import empty, postgres_server
from tests.redis_server import redis_server
from tests.world import PASSWORD, make_campaigns, make_cast, make_schedule, sql

RUNS = 300
WORKERS = (0, 1, 2, 3)
LONGEST = 600.0
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)
TOOK = "SELECT extract(epoch FROM max(completed_at) - min(started_at)) FROM export_history"


def main() -> int:
    print(
        f"{RUNS:,} runs of a small CSV file and one message each; "
        "0 workers: the server does the work itself"
    )
    print(
        f"{'workers':>8} {'runs/s':>8} {'CPU ms a run':>13} {'MB a worker':>12} "
        f"{'MB the server':>14} {'connections':>12}"
    )
    with postgres_server() as postgres, redis_server() as redis:
        postgres.sql("CREATE DATABASE installation")
        for workers in WORKERS:
            with (
                tempfile.TemporaryDirectory() as folder,
                mail_server() as mails,
                ExitStack() as stack,
            ):
                (Path(folder) / "shared").mkdir()
                print(
                    _measure(Installation(postgres, redis, mails, Path(folder), stack), workers),
                    flush=True,
                )
    return 0


def _measure(installation: Installation, count: int) -> str:
    services = installation.services()
    if not migrate.is_current(services.database):
        migrate.upgrade(services.database)
    empty(installation.url)
    runs = _fill(services)
    server = None if count else installation.web()
    workers = [installation.worker() for _ in range(count)]
    wait_until("all runs have ended", lambda: ended(services, runs), LONGEST)
    ((seconds,),) = sql(services, TOOK)
    busy = sum(_cpu_seconds(worker.process.pid) for worker in workers)
    server = server or installation.web()
    children = (
        Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    )
    web = sum(map(_megabytes, [server.process.pid, *map(int, children)]))
    each = sum(_megabytes(worker.process.pid) for worker in workers) / count if count else 0
    ((connections,),) = sql(services, CONNECTIONS)
    return (
        f"{count:>8} {RUNS / float(seconds):>8.1f} {1000 * busy / RUNS:>13.0f} {each:>12.0f} "
        f"{web:>14.0f} {connections:>12}"
    )


def _fill(services: Services) -> list[str]:
    cast = make_cast(services, passwords.hash_password(PASSWORD))
    make_campaigns(services, cast)
    who = cast.admin.who
    made = [make_schedule(services, who, name=f"No. {i}") for i in range(RUNS)]
    return [services.schedules.trigger(who, schedule.id).id for schedule in made]


def _cpu_seconds(pid: int) -> float:
    """Its start included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    """Its proportional share of what it has in memory."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


if __name__ == "__main__":
    sys.exit(main())
