"""When something that failed is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.errors import DeliveryError, DeliveryUnknown, RunError, Unavailable
from exports_app.domain.runs.retry import ATTEMPTS, LONGEST, PATIENCE, WITHIN, Policy, decide
from exports_app.domain.runs.retry import wait as wait_for_others

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
TRANSIENT = RunError("the database was away", permanent=False)
PLAIN = Policy()


def wait(failed: int, chance: float, policy: Policy = PLAIN) -> float:
    """Seconds."""
    at = decide(TRANSIENT, failed, policy, NOW, NOW, lambda: chance)
    assert at is not None
    return (at - NOW).total_seconds()


def test_the_longest_wait_is_four_times_as_long_each_time_and_never_more_than_four_hours() -> None:
    assert [wait(failed, 1.0) for failed in range(1, 9)] == [
        30,
        120,
        480,
        1920,
        7680,
        14400,
        14400,
        14400,
    ]


def test_the_wait_is_spread_over_all_of_it() -> None:
    assert [wait(3, chance) for chance in (0.0, 0.25, 0.5, 1.0)] == [0, 120, 240, 480]


@given(
    failed=st.integers(1, 49), base=st.floats(0, 14_400), chance=st.floats(0, 1, exclude_max=True)
)
def test_no_wait_is_negative_or_over_the_limit(failed: int, base: float, chance: float) -> None:
    assert 0 <= wait(failed, chance, Policy(50, base)) <= LONGEST.total_seconds()


def test_a_wait_for_reservations_is_about_a_minute_and_ends_after_an_hour() -> None:
    assert wait_for_others(NOW, NOW, lambda: 0.0) == NOW + timedelta(seconds=45)
    assert wait_for_others(NOW, NOW, lambda: 1.0) == NOW + timedelta(seconds=75)
    assert wait_for_others(NOW, NOW + PATIENCE - timedelta(seconds=1)) is not None
    assert wait_for_others(NOW, NOW + PATIENCE) is None


def test_nine_attempts_are_made_unless_told_otherwise() -> None:
    assert PLAIN.attempts == ATTEMPTS == 9
    assert decide(TRANSIENT, 8, PLAIN, NOW, NOW) is not None
    assert decide(TRANSIENT, 9, PLAIN, NOW, NOW) is None


@pytest.mark.parametrize("attempts", [1, 2, 50])
def test_a_schedule_may_say_how_many(attempts: int) -> None:
    policy = Policy(attempts, 1)
    assert decide(TRANSIENT, attempts, policy, NOW, NOW) is None
    assert attempts == 1 or decide(TRANSIENT, attempts - 1, policy, NOW, NOW) is not None


@pytest.mark.parametrize(
    "error", [RunError("its campaigns are gone"), DeliveryError("550 no such user")]
)
def test_what_cannot_heal_is_not_tried_again(error: RunError | DeliveryError) -> None:
    assert decide(error, 1, PLAIN, NOW, NOW) is None


@pytest.mark.parametrize(
    "error", [TRANSIENT, Unavailable(), DeliveryUnknown(), DeliveryError("451", permanent=False)]
)
def test_what_may_heal_is(error: RunError | DeliveryError | Unavailable) -> None:
    assert decide(error, 1, PLAIN, NOW, NOW) is not None


def test_nothing_is_tried_later_than_a_day_after_the_first_attempt_began() -> None:
    last = NOW + WITHIN
    assert decide(TRANSIENT, 1, PLAIN, NOW, last - timedelta(seconds=30), lambda: 1.0) == last
    assert decide(TRANSIENT, 1, PLAIN, NOW, last - timedelta(seconds=29), lambda: 1.0) is None
    assert decide(TRANSIENT, 1, PLAIN, NOW, last + timedelta(hours=1), lambda: 0.0) is None


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=ATTEMPTS, max_size=ATTEMPTS))
def test_all_attempts_of_the_plain_policy_fit_into_the_day(chances: list[float]) -> None:
    now, failed = NOW, 0
    for chance in chances:
        failed += 1
        at = decide(TRANSIENT, failed, PLAIN, NOW, now, lambda chance=chance: chance)  # type: ignore[misc]
        if at is None:
            break
        assert now <= at <= NOW + WITHIN
        now = at
    assert failed == ATTEMPTS
