"""`python -m bench.growth`: what every endpoint, page and job costs over years of data, compared
with a small database. Prints the tables of docs/performance.md; exits with 1 over an aim.

Every measurement is a process of its own.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.growth import report
from bench.growth.databases import KINDS, served
from bench.growth.shape import SHAPES
from bench.running import child, machine, say

STARTS = 3
SMALL, FULL = "small", "full"


def main() -> int:
    args = _arguments()
    described = machine()
    with _folder(args.folder) as folder:
        seen = {kind: measured(kind, folder, args) for kind in _kinds(args.only)}
    what = "processor time" if args.cpu else "time"
    print(f"{described}; {what}; {args.rounds} rounds\n")
    if args.small:
        return 0
    kept = True
    for kind, sizes in seen.items():
        found = report.lines(sizes[SMALL]["operations"], sizes[FULL]["operations"])
        if not args.match:
            found.append(report.start_line(sizes[SMALL]["start"], sizes[FULL]["start"]))
        report.table(kind, found)
        kept &= report.judge(kind, found)
        print()
    return 0 if kept else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=KINDS, help="one database")
    parser.add_argument("--small", action="store_true", help="the small size alone, without aims")
    parser.add_argument("--fill", action="store_true", help="make the databases, measure nothing")
    parser.add_argument(
        "--folder", type=Path, help="keeps the databases, and uses those that are there"
    )
    parser.add_argument(
        "--cpu", action="store_true", help="processor time, for a machine that does other work too"
    )
    parser.add_argument(
        "--match",
        default="",
        help="only operations with this in their names, or with one of a,b,c",
    )
    parser.add_argument("--rounds", type=int, default=1, help="of all measurements; 1 by default")
    return parser.parse_args()


def _kinds(only: str | None) -> list[str]:
    return [only] if only else list(KINDS)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL is another user
        yield Path(folder)


def measured(kind: str, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """The sizes in turn, round by round, so that a busy minute of the machine meets both."""
    sizes = [SMALL] if args.small else [SMALL, FULL]
    for size in sizes:
        filled(kind, folder / kind / size, size)
    rounds: dict[str, list[dict[str, Any]]] = {size: [] for size in sizes}
    for _ in range(0 if args.fill else args.rounds):
        for size in sizes:
            with served(kind, folder / kind / size) as url:
                rounds[size].append(_measured(folder / kind / size, url, args))
    return {size: _medians(found) for size, found in rounds.items() if found}


def _measured(folder: Path, url: str, args: argparse.Namespace) -> dict[str, Any]:
    clock = "cpu" if args.cpu else "wall"
    operations = child("growth.measure", folder, url, clock, args.match)
    starts = [child("growth.start", folder, url, clock) for _ in range(0 if args.match else STARTS)]
    return {"operations": operations, "starts": starts}


def _medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    operations = {
        key: seen | {"ms": statistics.median(r["operations"][key]["ms"] for r in rounds)}
        for key, seen in rounds[-1]["operations"].items()
        if all(key in r["operations"] for r in rounds)
    }
    starts = [start for r in rounds for start in r["starts"]]
    start = starts and {
        key: statistics.median(start[key] for start in starts) for key in ("ms", "rows")
    }
    return {"operations": operations, "start": start}


def filled(kind: str, folder: Path, size: str) -> None:
    """Make the database, where the folder has none that was finished."""
    done = folder / "filled.json"
    if done.exists():
        say(f"{KINDS[kind]}, {size}: {done.parent} is used again")
        return
    folder.mkdir(parents=True, exist_ok=True)
    shape = SHAPES[size]
    say(f"{KINDS[kind]}, {size}: {shape.schedules:,} schedules, {shape.runs:,} runs")
    with served(kind, folder) as url:
        made = child("growth.fill", size, folder, url)
    done.write_text(json.dumps(made, indent=1))
    say(f"{KINDS[kind]}, {size}: {made['seconds']:.0f} s, {made['counts']}")


if __name__ == "__main__":
    sys.exit(main())
