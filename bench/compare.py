"""Exports beside those of others, in rounds, and our memory at two sizes: measured, checked and
printed with the aims."""

import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environment
from bench.candidates import (
    CANDIDATES,
    EXCELJS,
    OURS,
    PANDAS,
    SQLITE,
    STDLIB,
    Candidate,
    Measured,
    run,
)
from bench.running import child, say, verdict

FORMATS = ("csv", "json", "xml", "excel")
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
MOST_MB, MOST_RISE_MB = 60, 5
"""Our process's peak memory, and what ten times the rows may add to it."""

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
    """folder: for the files; a database for each number of rows is made in it, unless it is there
    from before."""

    def __init__(self, folder: Path, small: int, large: int, rounds: int) -> None:
        self._folder, self._small, self._large, self._rounds = folder, small, large, rounds
        self._tasks = {rows: self._seeded(rows) for rows in (small, large)}
        self.results: Results = {}
        self.small: Results = {}
        """Ours alone, at the small size."""

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
        """Every other round goes backwards, so that nobody always comes after the same one."""
        environment.prepare()
        there = [c for c in CANDIDATES if not c.missing]
        for number in range(self._rounds):
            for candidate in there if number % 2 == 0 else reversed(there):
                if candidate.name == OURS:
                    self._one(self.small, candidate, self._small, number)
                self._one(self.results, candidate, self._large, number)

    def _one(self, results: Results, candidate: Candidate, rows: int, number: int) -> None:
        path = self._folder / f"made.{'xlsx' if candidate.format == 'excel' else candidate.format}"
        measured = run(candidate, self._tasks[rows], path)
        results.setdefault(candidate, []).append(measured)
        who = f"{candidate.format} by {candidate.name}, {rows:,} rows"
        say(f"{who}: {measured.seconds:.2f} s, peak {measured.peak_mb:.0f} MB")
        if number == 0 and candidate.format in FORMATS:
            self._check(who, candidate, rows, path)
        path.unlink()

    def _check(self, who: str, candidate: Candidate, rows: int, path: Path) -> None:
        found = child("check", candidate.format, self._tasks[rows], path, python=environment.PYTHON)
        if found["rows"] != rows:
            raise SystemExit(f"{who}: {found['rows']:,} rows in the file")
        if found["off"]:
            say(f"{who}: {found['off']:,} ratios are off by one in their last place")
            if candidate.name == OURS:
                raise SystemExit("ours must not be")

    def print_table(self) -> None:
        print(
            f"| {self._large:,} rows | made by | seconds | rows per second | peak MB | file MB | "
            "times ours |"
        )
        print("|---|---|---:|---:|---:|---:|---:|")
        for candidate in CANDIDATES:
            if candidate.missing:
                print(f"| {candidate.format} | {candidate.name} | {candidate.missing} | | | | |")
                continue
            m, times = (
                median(self.results[candidate]),
                self._times(candidate.format, candidate.name),
            )
            print(
                f"| {candidate.format} | {candidate.name} | {m.seconds:.2f} | "
                f"{self._large / m.seconds:,.0f} | {m.peak_mb:.1f}"
                f" | {m.file_mb:.1f} | {'' if times is None else f'{times:.2f}'} |"
            )
        print()

    def print_memory(self) -> None:
        print("| ours | rows | seconds | peak MB |\n|---|---:|---:|---:|")
        for name in FORMATS:
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
        for name in FORMATS:
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
