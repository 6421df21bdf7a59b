"""How long runs took: counts by length, and what is computed from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DIGITS = 3
"""Significant digits that are kept of a length for figures over several days: half a percent is
lost at most."""

Lengths = Mapping[int, int]
"""How many runs took so many milliseconds."""


@dataclass(frozen=True)
class Spread:
    """Of durations in seconds. p95: the 95th percentile (nearest rank)."""

    count: int
    mean: float
    p95: float


def spread(lengths: Lengths) -> Spread | None:
    """To the millisecond. None without a run."""
    count = sum(lengths.values())
    if not count:
        return None
    total = sum(length * runs for length, runs in lengths.items())
    return Spread(count, total / count / 1000, _p95(lengths, count))


def rounded(lengths: Lengths) -> dict[int, int]:
    """With DIGITS significant digits: a few hundred different lengths, however many runs."""
    fewer: dict[int, int] = {}
    for length, runs in lengths.items():
        unit = 10 ** max(0, len(str(length)) - DIGITS)
        near = (length + unit // 2) // unit * unit
        fewer[near] = fewer.get(near, 0) + runs
    return fewer


def together(parts: Iterable[tuple[Spread, Lengths]]) -> Spread | None:
    """Of several days, from each one's spread and rounded lengths: the mean to the millisecond, the
    percentile with DIGITS significant digits. None without a run."""
    count, total, lengths = 0, 0.0, dict[int, int]()
    for of_part, of_lengths in parts:
        count += of_part.count
        total += of_part.mean * of_part.count
        for length, runs in of_lengths.items():
            lengths[length] = lengths.get(length, 0) + runs
    return Spread(count, total / count, _p95(lengths, count)) if count else None


def _p95(lengths: Lengths, count: int) -> float:
    left = (count * 95 + 99) // 100
    for length in sorted(lengths):
        left -= lengths[length]
        if left <= 0:
            break
    return length / 1000
