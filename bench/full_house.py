"""`python -m bench.full_house`: what open pages cost the engine and the API. Runs become due at the
same moment, first without and then with 200 open pages of their tenant.

The real server over a database of its own; websockets stand for the pages. Exits with 1 if an aim
is missed.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.pages import close_pages, open_pages
from bench.running import child, machine, say
from bench.ui import worker_of
from tests.e2e.server import start_server

SCHEDULES = 2_000
PAGES = 200
RUNS = 500
HEALTH_GAP = 0.25
"""Seconds between two looks at health."""
MOST_SECONDS = 900.0
SLOWER, HEALTH_MS = 1.3, 200.0
"""The aims: of all runs with the pages compared with none, and of the slowest answer of health."""
DUE = """UPDATE scheduled_exports SET next_run_at = ? WHERE id IN (
    SELECT id FROM scheduled_exports WHERE is_active = 1 AND name LIKE 'Export %'
    ORDER BY created_at DESC LIMIT ?)"""


@dataclass(frozen=True)
class House:
    """pages: open. seconds: until all runs had ended. cpu: seconds of the server's processor time.
    pushed: bytes that the pages got meanwhile. health: the slowest answer and the median, in
    milliseconds."""

    pages: int
    seconds: float
    cpu: float
    pushed: int
    health: tuple[float, float]


def make_due(database: Path, count: int) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(DUE, (now, count))


def ended(database: Path) -> int:
    """Runs of schedules that have ended since the server started."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        query = "SELECT count(*) FROM export_history WHERE completed_at IS NOT NULL"
        (count,) = connection.execute(query).fetchone()
    return int(count)


def cpu_seconds(pid: int) -> float:
    """Of the process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


async def watch_health(url: str, took: list[float]) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        while True:
            began = time.perf_counter()
            await http.get(f"{url}/api/health")
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(HEALTH_GAP)


async def measure(url: str, pid: int, database: Path, session: str, pages: int, runs: int) -> House:
    opened = await open_pages(url, [session] * pages)
    await asyncio.sleep(2)  # what the loading of the pages began ends
    worker, before = worker_of(pid), ended(database)
    pushed, cpu = sum(page.bytes for page in opened), cpu_seconds(worker)
    took: list[float] = []
    watching = asyncio.create_task(watch_health(url, took))
    make_due(database, runs)
    began = time.monotonic()
    while (done := ended(database) - before) < runs:
        if time.monotonic() - began > MOST_SECONDS:
            raise SystemExit(f"only {done} of {runs} runs ended in {MOST_SECONDS:.0f} s")
        await asyncio.sleep(0.2)
    seconds = time.monotonic() - began
    watching.cancel()
    house = House(
        pages,
        seconds,
        cpu_seconds(worker) - cpu,
        sum(page.bytes for page in opened) - pushed,
        (max(took), sorted(took)[len(took) // 2]),
    )
    await close_pages(opened)
    return house


def report(houses: list[House]) -> int:
    """Prints a table; 1 where an aim is missed."""
    print("| open pages | runs ended after s | CPU s | pushed MB | health ms: slowest | median |")
    print("|---:|---:|---:|---:|---:|---:|")
    for house in houses:
        slowest, median = house.health
        print(
            f"| {house.pages} | {house.seconds:.1f} | {house.cpu:.1f} "
            f"| {house.pushed / 1_000_000:.1f} | {slowest:.0f} | {median:.0f} |"
        )
    alone, full = houses[0], houses[-1]
    slower = full.seconds / alone.seconds
    print(f"\nWith {full.pages} pages: {slower:.2f} times (aim: {SLOWER})")
    return 0 if slower <= SLOWER and full.health[0] <= HEALTH_MS else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.full_house", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    described = machine()
    houses = []
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        say(f"seeding {SCHEDULES:,} schedules")
        seeded = child("company", Path(folder) / "data", SCHEDULES)
        env = {"DEMO": "0", "SMTP_HOST": "", "LOG_LEVEL": "error"}
        database = Path(folder) / "data" / "exports.db"
        with start_server(Path(folder), env, backend_only=False) as server:
            for pages in (0, args.pages):
                say(f"{args.runs} runs with {pages} open pages")
                facts = (database, seeded["session"], pages, args.runs)
                houses.append(asyncio.run(measure(server.url, server.process.pid, *facts)))
    print(f"{described}\n")
    return report(houses)


if __name__ == "__main__":
    sys.exit(main())
