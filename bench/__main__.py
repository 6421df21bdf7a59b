"""`python -m bench`: measure, and print the tables of docs/performance.md.

Every measurement is a fresh child process. This one stays small on purpose: on Linux a child's peak memory begins with
that of the process which started it.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ("csv", "excel", "json", "xml")
REPEATS = 3
"""Of the small size and of the lateness; medians are shown. The large size runs once."""
SCHEDULES = 200
ALLOWED_RISE = 30
"""MB that ten times the rows may take on top."""

Results = dict[tuple[str, int], list[dict[str, Any]]]


def child(module: str, *arguments: object) -> dict[str, Any]:
    """Run `python -m bench.<module>` without any mail settings, and read the JSON that it prints."""
    command = [sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
    env = os.environ | {"SMTP_HOST": ""}  # set but empty also hides what .env says
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def plan(small: int, large: int) -> Iterator[tuple[str, int]]:
    """Formats and sizes in turns, so that a slow minute of the machine does not hit one of them alone."""
    for repeat in range(REPEATS):
        for i, file_format in enumerate(FORMATS):
            yield file_format, small
            if i % REPEATS == repeat:
                yield file_format, large


def exports(small: int, large: int, folder: Path) -> Results:
    say(f"seeding {large:,} rows")
    child("data", folder, large)
    results: Results = {}
    for file_format, rows in plan(small, large):
        one = child("export", folder, file_format, rows)
        say(f"{file_format} {rows:,}: {one['seconds']:.1f} s, peak {one['peak_mb']:.0f} MB")
        results.setdefault((file_format, rows), []).append(one)
    return results


def median(results: Sequence[dict[str, Any]], key: str) -> float:
    return float(statistics.median(r[key] for r in results))


def print_exports(results: Results, small: int, large: int) -> bool:
    """Returns whether memory stays within the limit."""
    print("| format | rows | seconds | rows per second | file MB | peak MB | rise MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for file_format in FORMATS:
        for rows in (small, large):
            got = results[file_format, rows]
            seconds, size, peak, rise = (median(got, k) for k in ("seconds", "file_mb", "peak_mb", "rise_mb"))
            print(f"| {file_format} | {rows:,} | {seconds:.2f} | {rows / seconds:,.0f} | {size:.1f} | {peak:.1f} | {rise:.1f} |")
    print()
    more = {f: median(results[f, large], "peak_mb") - median(results[f, small], "peak_mb") for f in FORMATS}
    worst = max(more, key=lambda f: more[f])
    flat = more[worst] <= ALLOWED_RISE
    print(
        f"Peak memory at {large:,} rows over that at {small:,}: at most {more[worst]:.1f} MB ({worst});"
        f" the limit is {ALLOWED_RISE} MB: {'kept' if flat else 'BROKEN'}."
    )
    print()
    return flat


def print_lateness(results: Sequence[dict[str, Any]]) -> None:
    print(f"| {SCHEDULES} schedules due in the same second | p50 ms | p99 ms | max ms |")
    print("|---|---:|---:|---:|")
    for key, words in (("created", "run made"), ("started", "run begun"), ("completed", "run finished")):
        p50, p99, worst = (statistics.median(r[key][k] for r in results) for k in ("p50", "p99", "max"))
        print(f"| {words} | {p50:,.0f} | {p99:,.0f} | {worst:,.0f} |")


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    return f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {platform.python_version()}, load {load}"


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20,000 and 100,000 rows instead of 100,000 and 1,000,000")
    small, large = (20_000, 100_000) if parser.parse_args().quick else (100_000, 1_000_000)
    described = machine()  # the load before, not our own
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        made = exports(small, large, Path(folder))
    late = []
    for _ in range(REPEATS):
        late.append(child("lateness", SCHEDULES))
        say(f"{SCHEDULES} schedules at once: the last one finished {late[-1]['completed']['max'] / 1000:.1f} s after it was due")
    print(f"{described}\n")
    flat = print_exports(made, small, large)
    print_lateness(late)
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
