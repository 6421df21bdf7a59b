"""`python -m bench.engine`: measure the engine's own work, and print the tables and aims of
docs/performance.md.

Every measurement is a process of its own.
"""

import argparse
import sys
from typing import Any

from bench.running import child, machine, say, verdict

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
IDLE_MS = 1.0
FIRST_MS = 1000.0


def print_ticks(seen: dict[tuple[str, int], dict[str, Any]]) -> None:
    print("| database | schedules | due | tick p50 ms | p99 | ticks/s | lag p50 ms | p99 | max |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (kind, schedules), result in seen.items():
        for due, tick in result["ticks"].items():
            lag = " | ".join(
                f"{tick[key]:,.1f}" if key in tick else "-"
                for key in ("lag_p50", "lag_p99", "lag_max")
            )
            took = f"{tick['tick_p50']:,.2f} | {tick['tick_p99']:,.2f} | {tick['per_second']:,.0f}"
            print(f"| {KINDS[kind]} | {schedules:,} | {int(due):,} | {took} | {lag} |")
    print()


def print_runs(seen: dict[tuple[str, int], dict[str, Any]], runs: int) -> None:
    print(
        f"| {runs:,} due in the same second | schedules | first begun ms | p50 | p99 | max | "
        "runs/s |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for (kind, schedules), result in seen.items():
        of_runs = result["runs"]
        lag = " | ".join(
            f"{of_runs[key]:,.0f}" for key in ("first", "lag_p50", "lag_p99", "lag_max")
        )
        print(f"| {KINDS[kind]} | {schedules:,} | {lag} | {of_runs['per_second']:,.0f} |")
    print()


def print_memory(seen: dict[tuple[str, int], dict[str, Any]]) -> None:
    print(
        "| database | schedules | idle cycle p50 ms | p99 | memory MB before | after | "
        "for each 10,000 |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for (kind, schedules), result in seen.items():
        before, after = result["memory_mb"]
        cycle = f"{result['cycle']['p50']:.2f} | {result['cycle']['p99']:.2f}"
        memory = (
            "- | - | -"
            if before is None
            else f"{before:.0f} | {after:.0f} | {(after - before) / schedules * 10_000:.1f}"
        )
        print(f"| {KINDS[kind]} | {schedules:,} | {cycle} | {memory} |")
    print()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.engine", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="10,000 schedules and 500 runs alone, not 100,000 and 10,000 too",
    )
    parser.add_argument("--only", choices=KINDS, help="one database")
    args = parser.parse_args()
    sizes, runs = ((10_000,), 500) if args.quick else ((10_000, 100_000), 10_000)
    described = machine()
    seen = {}
    for kind in [args.only] if args.only else KINDS:
        for schedules in sizes:
            seen[kind, schedules] = result = child("ticks", kind, schedules, runs)
            idle = result["ticks"]["0"]["tick_p50"]
            say(
                f"{KINDS[kind]}, {schedules:,} schedules: idle tick {idle:.2f} ms, "
                f"{result['runs']['per_second']:.0f} runs/s"
            )
    print(f"{described}; one round\n")
    print_ticks(seen)
    print_runs(seen, runs)
    print_memory(seen)
    kept = True
    for (kind, schedules), result in seen.items():
        idle, first = result["ticks"]["0"]["tick_p50"], result["runs"]["first"]
        where = f"{KINDS[kind]}, {schedules:,} schedules"
        kept &= verdict(
            f"{where}: an idle tick takes under {IDLE_MS:.0f} ms ({idle:.2f})", idle < IDLE_MS
        )
        kept &= verdict(
            f"{where}: of {runs:,} due at once the first begins within 1 s ({first / 1000:.2f})",
            first < FIRST_MS,
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
