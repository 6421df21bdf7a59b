"""`python -m bench`: measure exports, and print the tables and aims of docs/performance.md.

Every measurement is a process of its own.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench.compare import Comparison
from bench.running import child, machine, say, verdict

ROUNDS = 3
"""Of each measurement; medians are shown."""
SCHEDULES = 200
TIMES_COPY = 1.5
"""Our seconds for CSV out of PostgreSQL, compared with psql's \\copy."""
TIMES_IDLE = 3
"""During an export a tick may be late by so many times the lateness in an idle process (p99)."""


def lateness(rounds: int) -> list[dict[str, Any]]:
    late = []
    for _ in range(rounds):
        late.append(child("lateness", SCHEDULES))
        say(
            f"{SCHEDULES} schedules at once: the last one finished "
            f"{late[-1]['completed']['max'] / 1000:.1f} s after it was due"
        )
    return late


def ticker(rounds: int, folder: Path, rows: int) -> list[dict[str, Any]]:
    late = []
    for _ in range(rounds):
        late.append(child("ticker", folder, rows))
        idle, busy = (late[-1][key]["p99"] for key in ("idle", "busy"))
        say(
            f"a tick beside an export of {late[-1]['seconds']:.1f} s: "
            f"99 of 100 within {busy:.2f} ms, idle {idle:.2f} ms"
        )
    return late


def medians(results: Sequence[dict[str, Any]], key: str) -> tuple[float, float, float]:
    p50, p99, worst = (
        float(statistics.median(r[key][k] for r in results)) for k in ("p50", "p99", "max")
    )
    return p50, p99, worst


def print_lateness(results: Sequence[dict[str, Any]]) -> None:
    print(f"| {SCHEDULES} schedules due in the same second | p50 ms | p99 ms | max ms |")
    print("|---|---:|---:|---:|")
    for key, words in (
        ("created", "run created"),
        ("started", "run begun"),
        ("completed", "run finished"),
    ):
        p50, p99, worst = medians(results, key)
        print(f"| {words} | {p50:,.0f} | {p99:,.0f} | {worst:,.0f} |")
    print()


def print_ticker(results: Sequence[dict[str, Any]], rows: int) -> float:
    """Returns the busy process's p99, divided by the idle one's."""
    seconds = statistics.median(r["seconds"] for r in results)
    print("| lateness of a 10 ms timer in the serving process | p50 ms | p99 ms | max ms |")
    print("|---|---:|---:|---:|")
    for key, words in (
        ("idle", "idle"),
        ("busy", f"during an Excel export of {rows:,} rows, the whole run of {seconds:.1f} s"),
    ):
        p50, p99, worst = medians(results, key)
        print(f"| {words} | {p50:.2f} | {p99:.2f} | {worst:.2f} |")
    print()
    return medians(results, "busy")[1] / medians(results, "idle")[1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round with 100,000 rows instead of three with 1,000,000",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where to keep the databases for the next time; by default nothing is kept",
    )
    return parser.parse_args()


def print_aims(copy_times: float, idle_times: float) -> bool:
    """Those of PostgreSQL's copy and of the tick. Returns whether both were kept."""
    copy = (
        f"csv out of PostgreSQL: at most {TIMES_COPY:g} times the seconds of psql's \\copy "
        f"({copy_times:.2f})"
    )
    tick = (
        f"a tick is late by at most {TIMES_IDLE} times what it is in an idle process, "
        f"99 of 100 ({idle_times:.2f})"
    )
    copy_kept = verdict(copy, copy_times <= TIMES_COPY)
    return verdict(tick, idle_times <= TIMES_IDLE) and copy_kept


def main() -> int:
    args = arguments()
    large, rounds = (100_000, 1) if args.quick else (1_000_000, ROUNDS)
    described = machine()  # the load before, not our own
    with (
        nullcontext(args.folder)
        if args.folder
        else tempfile.TemporaryDirectory(prefix="exports-bench-") as folder
    ):
        exports = Comparison(Path(folder).absolute(), large // 10, large, rounds)
        exports.measure()
        ticked = ticker(rounds, exports.data(large), large)
    late = lateness(rounds)
    postgres = child("postgres", large, rounds)
    print(
        f"{described}; {'medians of ' + str(rounds) if rounds > 1 else 'one'} "
        f"round{'s' if rounds > 1 else ''}\n"
    )
    exports.print_table()
    exports.print_memory()
    print_lateness(late)
    idle_times = print_ticker(ticked, large)
    kept = exports.print_aims()
    return 0 if print_aims(postgres["times"], idle_times) and kept else 1


if __name__ == "__main__":
    sys.exit(main())
