"""Figures of how long runs took, from counts by length."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.runs.durations import Spread, rounded, spread, together

LENGTHS = st.dictionaries(st.integers(0, 100_000_000), st.integers(1, 50), min_size=1, max_size=30)


def nearest_rank(lengths: dict[int, int]) -> float:
    """By its definition: the smallest length that 95 percent of the runs do not exceed."""
    every = sorted(Counter(lengths).elements())
    rank = -(-len(every) * 95 // 100)
    return every[rank - 1] / 1000


@given(LENGTHS)
def test_the_percentile_is_that_of_the_nearest_rank(lengths: dict[int, int]) -> None:
    found = spread(lengths)
    every = list(Counter(lengths).elements())
    assert found is not None
    assert found.count == len(every)
    assert found.mean == pytest.approx(sum(every) / len(every) / 1000)
    assert found.p95 == nearest_rank(lengths)


@given(st.lists(LENGTHS, min_size=1, max_size=5))
def test_several_days_together_differ_by_half_a_percent_at_most(days: list[dict[int, int]]) -> None:
    every: Counter[int] = Counter()
    for day in days:
        every.update(day)
    parts = [(spread(day), rounded(day)) for day in days]
    found = together((of, lengths) for of, lengths in parts if of)
    exact = spread(every)
    assert found is not None
    assert exact is not None
    assert (found.count, found.mean) == (exact.count, pytest.approx(exact.mean))
    assert found.p95 == pytest.approx(exact.p95, rel=0.005)


@given(LENGTHS)
def test_rounding_keeps_each_run_and_few_lengths(lengths: dict[int, int]) -> None:
    fewer = rounded(lengths)
    assert sum(fewer.values()) == sum(lengths.values())
    assert rounded(fewer) == fewer
    assert all(len(str(length).rstrip("0")) <= 3 for length in fewer)


def test_nothing_has_no_figures() -> None:
    assert spread({}) is None
    assert together([]) is None
    assert spread({1500: 1}) == Spread(1, 1.5, 1.5)
