"""What a schedule does on bad days."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.runs.policies import jitter

IDS = st.uuids().map(str)


@given(IDS, st.integers(0, 3600))
def test_jitter_is_within_its_bounds_and_always_the_same(schedule_id: str, seconds: int) -> None:
    found = jitter(schedule_id, seconds)
    assert 0 <= found.total_seconds() <= seconds
    assert jitter(schedule_id, seconds) == found


@given(IDS)
def test_without_jitter_a_run_starts_at_its_tick(schedule_id: str) -> None:
    assert jitter(schedule_id, 0).total_seconds() == 0


def test_jitter_spreads_many_schedules() -> None:
    found = [jitter(str(UUID(int=number)), 59).total_seconds() for number in range(6000)]
    counts = [found.count(second) for second in range(60)]
    assert min(counts) > 50
    assert max(counts) < 170


def test_jitter_outlives_an_update() -> None:
    """A schedule keeps its place over versions of the product: no hash of Python's own, which
    changes with each process."""
    assert jitter("00000000-0000-4000-8000-00000000000a", 3600).total_seconds() == 2069
