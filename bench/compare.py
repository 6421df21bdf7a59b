"""Our exports compared with those of others, in rounds, and our memory at two sizes: measured,
checked and printed with the aims."""

import json
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environment
from bench.candidates import (
    EXCELJS,
    OURS,
    PANDAS,
    SQLITE,
    STDLIB,
    Candidate,
    Measured,
    candidates,
    run,
)
from bench.check import READERS
from bench.running import child, say, verdict

TIMES = (
    ("csv", PANDAS, 2.5),
    ("csv", SQLITE, 0.5),
    ("json", STDLIB, 3.0),
    ("xml", "lxml", 2.5),
    ("excel", "xlsxwriter", 8.0),
    ("excel", EXCELJS, 5.0),
    ("excel", "rustpy-xlsxwriter", 2.0),
)
"""How many times our seconds another way of making the same file should take, at least."""
MOST_MB = 60
"""Peak memory of our process."""
MOST_RISE_MB = 5
"""How much ten times the rows may add to it."""

Results = dict[Candidate, list[Measured]]


@dataclass(frozen=True)
class Median:
    seconds: float
    peak_mb: float
    file_mb: float


def median(results: Sequence[Measured]) -> Median:
    return Median(
        *(
            statistics.median(getattr(r, name) for r in results)
            for name in ("seconds", "peak_mb", "file_mb")
        )
    )


class Comparison:
    """folder: for the files, and for a database for each number of rows, unless it is there
    already."""

    def __init__(self, folder: Path, small: int, large: int, rounds: int) -> None:
        self._folder = folder
        self._small = small
        self._large = large
        self._rounds = rounds
        self._tasks = {rows: self._seeded(rows) for rows in (small, large)}
        self._extensions = {
            name: file_format["extension"]
            for name, file_format in json.loads(self._tasks[small].read_text())["formats"].items()
        }
        """File name extensions by our formats, all that are registered."""
        self._candidates = candidates(self._extensions)
        self.results: Results = {}
        self.small: Results = {}
        """Our own results at the small size."""

    def data(self, rows: int) -> Path:
        return self._folder / f"{rows}-rows"

    def _seeded(self, rows: int) -> Path:
        if not self.data(rows).exists():
            say(f"seeding {rows:,} rows")
            draft = self.data(rows).with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            child("data", draft, rows)
            draft.rename(self.data(rows))
        task = self._folder / f"{rows}.json"
        child("task", self.data(rows), task)
        return task

    def measure(self) -> None:
        """Every second round goes backwards, so that no candidate always runs after the same
        one."""
        environment.prepare()
        installed = [c for c in self._candidates if not c.missing]
        for number in range(self._rounds):
            for candidate in installed if number % 2 == 0 else reversed(installed):
                if candidate.name == OURS:
                    self._run(self.small, candidate, self._small, number)
                self._run(self.results, candidate, self._large, number)

    def _run(self, results: Results, candidate: Candidate, rows: int, number: int) -> None:
        path = self._folder / f"made.{self._extensions.get(candidate.format, candidate.format)}"
        measured = run(candidate, self._tasks[rows], path)
        results.setdefault(candidate, []).append(measured)
        who = f"{candidate.format} by {candidate.name}, {rows:,} rows"
        say(f"{who}: {measured.seconds:.2f} s, peak {measured.peak_mb:.0f} MB")
        if number == 0 and candidate.format in READERS:
            self._check(who, candidate, rows, path)
        path.unlink()

    def _check(self, who: str, candidate: Candidate, rows: int, path: Path) -> None:
        check = child("check", candidate.format, self._tasks[rows], path, python=environment.PYTHON)
        if check["rows"] != rows:
            raise SystemExit(f"{who}: {check['rows']:,} rows in the file")
        if check["off"]:
            say(f"{who}: {check['off']:,} ratios are off by one in their last place")
            if candidate.name == OURS:
                raise SystemExit("ours must not be")

    def print_table(self) -> None:
        print(
            f"| {self._large:,} rows | made by | seconds | rows per second | peak MB | file MB | "
            "times ours |"
        )
        print("|---|---|---:|---:|---:|---:|---:|")
        for candidate in self._candidates:
            if candidate.missing:
                print(f"| {candidate.format} | {candidate.name} | {candidate.missing} | | | | |")
                continue
            m = median(self.results[candidate])
            times = self._times(candidate.format, candidate.name)
            print(
                f"| {candidate.format} | {candidate.name} | {m.seconds:.2f} | "
                f"{self._large / m.seconds:,.0f} | {m.peak_mb:.1f}"
                f" | {m.file_mb:.1f} | {'' if times is None else f'{times:.2f}'} |"
            )
        print()

    def print_memory(self) -> None:
        print("| ours | rows | seconds | peak MB |\n|---|---:|---:|---:|")
        for name in self._extensions:
            for rows, results in ((self._small, self.small), (self._large, self.results)):
                m = median(results[Candidate(name, OURS)])
                print(f"| {name} | {rows:,} | {m.seconds:.2f} | {m.peak_mb:.1f} |")
        print()

    def print_aims(self) -> bool:
        """Returns whether all were kept."""
        kept = []
        for name, other, least in TIMES:
            times = self._times(name, other)
            wanted = (
                f"at least {least:g} times as fast as {other}"
                if least >= 1
                else f"at most {1 / least:g} times {other}'s time"
            )
            seen = "" if times is None else f" ({times if least >= 1 else 1 / times:.2f})"
            kept.append(
                verdict(f"{name}: {wanted}{seen}", None if times is None else times >= least)
            )
        for name in self._extensions:
            ours = Candidate(name, OURS)
            peak, low = median(self.results[ours]).peak_mb, median(self.small[ours]).peak_mb
            kept.append(
                verdict(f"{name}: at most {MOST_MB} MB of memory ({peak:.1f})", peak <= MOST_MB)
            )
            rise = (
                f"at most {MOST_RISE_MB} MB more at {self._large:,} than at {self._small:,} rows "
                f"({peak - low:.1f})"
            )
            kept.append(verdict(f"{name}: {rise}", peak - low <= MOST_RISE_MB))
        return all(kept)

    def _times(self, file_format: str, name: str) -> float | None:
        """None where there is nothing to compare."""
        seconds = {
            c.name: median(r).seconds for c, r in self.results.items() if c.format == file_format
        }
        return seconds[name] / seconds[OURS] if name in seconds and OURS in seconds else None
