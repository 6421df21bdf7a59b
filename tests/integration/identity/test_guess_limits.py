"""Who guesses is slowed down, and nobody else: counted in memory, in Redis, and while Redis is
away."""

import time
from collections.abc import Iterator

import pytest

from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.rate_limits import Counts
from exports_app.services.identity.guess_limits import (
    KNOWN_NETWORK_SECONDS,
    Guess,
    GuessLimits,
    GuessScope,
    Lock,
    Purpose,
    Waits,
)
from tests.e2e.server import free_port
from tests.redis_server import Redis, redis_server
from tests.world import DEADLINE, side_by_side

OWNER = "owner@example.com"
LONGER = 60
"""Times: a minute for each second."""
HOME = "192.0.2.1"
OFFICE = "192.0.2.2"
STRANGER = "198.51.100.1"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as server:
        yield server


@pytest.fixture(params=["memory", "redis", "redis away"])
def counts(request: pytest.FixtureRequest) -> Counts:
    if request.param == "memory":
        return Counts()
    if request.param == "redis away":
        return Counts(f"redis://127.0.0.1:{free_port()}/0")
    made = Counts(request.getfixturevalue("redis").url)
    assert made.shared is not None
    made.shared.reset()
    return made


@pytest.fixture
def limits(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> GuessLimits:
    """Each wait is LONGER than usual, so that none ends by itself while a test runs, however slow
    the machine is."""
    usual = Waits.after
    monkeypatch.setattr(Waits, "after", lambda waits, wrong: LONGER * usual(waits, wrong))
    return GuessLimits(counts, "3/minute")


def wrong(
    limits: GuessLimits, address: str, account: str = OWNER, browser: str = ""
) -> tuple[Lock, ...]:
    return limits.begin(Purpose.PASSWORD, account, address, browser).locks


def right(limits: GuessLimits, address: str, account: str = OWNER, browser: str = "") -> None:
    limits.begin(Purpose.PASSWORD, account, address, browser).right()


def refused(limits: GuessLimits, address: str, account: str = OWNER, browser: str = "") -> int:
    with pytest.raises(TooManyRequests) as error:
        wrong(limits, address, account, browser)
    return error.value.retry_after


def end_waits(counts: Counts, guess: Guess) -> None:
    """As if the time of those that the guess caused were over."""
    for counter in guess._counters:
        counts.using(lambda storage, key=counter.block: storage.clear(key))  # type: ignore[misc]


def test_waits_grow_up_to_a_cap() -> None:
    waits = Waits(free=3, longest=60)
    assert [waits.after(n) for n in range(12)] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits.after(10**9) == 60


def test_after_the_free_guesses_one_waits_ever_longer(limits: GuessLimits, counts: Counts) -> None:
    assert [wrong(limits, STRANGER) for _ in range(2)] == [(), ()]
    for wait in (LONGER, 2 * LONGER, 4 * LONGER):
        guess = limits.begin(Purpose.PASSWORD, OWNER, STRANGER)
        assert guess.locks == (Lock(GuessScope.SOURCE, wait),)
        assert wait / 2 < refused(limits, STRANGER) <= wait
        end_waits(counts, guess)


def test_a_wait_ends_by_itself(counts: Counts) -> None:
    limits, deadline = GuessLimits(counts, "1/minute"), time.monotonic() + DEADLINE
    assert wrong(limits, STRANGER) == (Lock(GuessScope.SOURCE, 1),)
    while True:
        try:
            assert wrong(limits, STRANGER) == (Lock(GuessScope.SOURCE, 2),)
            break
        except TooManyRequests:
            assert time.monotonic() < deadline, "never admitted"
            time.sleep(0.02)


def test_what_is_refused_prolongs_nothing(limits: GuessLimits, counts: Counts) -> None:
    guesses = [limits.begin(Purpose.PASSWORD, OWNER, STRANGER) for _ in range(3)]
    assert all(LONGER / 2 < refused(limits, STRANGER) <= LONGER for _ in range(50))
    end_waits(counts, guesses[-1])
    assert wrong(limits, STRANGER) == (Lock(GuessScope.SOURCE, 2 * LONGER),)


def test_a_stranger_slows_down_nobody_at_another_address(limits: GuessLimits) -> None:
    for _ in range(3):
        wrong(limits, STRANGER)
    refused(limits, STRANGER)
    right(limits, HOME)
    wrong(limits, STRANGER, "another@example.com")


def test_an_ipv6_network_is_one_source(limits: GuessLimits) -> None:
    for i in range(3):
        wrong(limits, f"2001:db8:0:1::{i}")
    refused(limits, "2001:db8:0:1:ffff::9")
    wrong(limits, "2001:db8:0:2::1")


def test_a_right_guess_uses_up_nothing_and_ends_the_wait(limits: GuessLimits) -> None:
    for _ in range(100):
        right(limits, HOME)
    for _ in range(5):
        wrong(limits, HOME)
        wrong(limits, HOME)
        right(limits, HOME)
    for _ in range(3):
        wrong(limits, HOME)
    refused(limits, HOME)


def test_one_account_is_slowed_down_for_strangers_from_everywhere(limits: GuessLimits) -> None:
    right(limits, OFFICE)
    locks = [wrong(limits, f"198.51.100.{i // 2}") for i in range(30)]
    assert [lock for some in locks for lock in some] == [Lock(GuessScope.ACCOUNT, LONGER)]
    refused(limits, "203.0.113.9")
    wrong(limits, "203.0.113.9", "another@example.com")
    # who is known passes: by the browser, or from where they signed in before
    right(limits, "203.0.113.9", browser="known")
    right(limits, OFFICE)


def test_one_network_is_slowed_down_whatever_account_it_tries(limits: GuessLimits) -> None:
    right(limits, STRANGER)
    locks = [wrong(limits, STRANGER, f"user{i}@example.com") for i in range(30)]
    assert [lock for some in locks for lock in some] == [Lock(GuessScope.NETWORK, LONGER)]
    refused(limits, STRANGER, "another@example.com")
    right(limits, HOME, "another@example.com")
    right(limits, STRANGER, "another@example.com", browser="known")
    right(limits, STRANGER)


def test_right_guesses_of_many_leave_the_network_free(limits: GuessLimits) -> None:
    for i in range(100):
        right(limits, OFFICE, f"user{i}@example.com")
    wrong(limits, OFFICE, "another@example.com")


def test_a_known_browser_has_a_limit_of_its_own(limits: GuessLimits) -> None:
    for _ in range(3):
        wrong(limits, HOME, browser="stolen")
    refused(limits, OFFICE, browser="stolen")
    right(limits, HOME, browser="mine")
    right(limits, HOME)


def test_a_right_guess_is_given_back_within_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, lifetimes = Counts(), []
    limits, incr = GuessLimits(counts, "3/day"), counts.own.incr

    def counted(key: str, expiry: int, amount: int = 1) -> int:
        if key.startswith("guess/"):
            lifetimes.append((expiry, amount))
        return incr(key, expiry, amount)

    monkeypatch.setattr(counts.own, "incr", counted)
    right(limits, HOME)
    day = 24 * 60 * 60
    assert lifetimes == [(day, 1)] * 3 + [(day, -1)] * 2


def test_purposes_are_counted_apart(limits: GuessLimits) -> None:
    for _ in range(3):
        wrong(limits, HOME)
    refused(limits, HOME)
    limits.begin(Purpose.CURRENT_PASSWORD, OWNER, HOME)
    codes = [limits.begin(Purpose.SECOND_FACTOR, OWNER, HOME).locks for _ in range(2)]
    assert codes == [(), (Lock(GuessScope.SOURCE, LONGER),)]
    with pytest.raises(
        TooManyRequests, match=r"Too many wrong codes: wait \d+ seconds, then try again"
    ):
        limits.begin(Purpose.SECOND_FACTOR, OWNER, HOME)


def test_who_knows_the_password_is_no_acquaintance_for_the_second_factor(
    limits: GuessLimits,
) -> None:
    for i in range(6):
        right(limits, f"198.51.100.{i}")
        limits.begin(Purpose.SECOND_FACTOR, OWNER, f"198.51.100.{i}")
    with pytest.raises(TooManyRequests):
        limits.begin(Purpose.SECOND_FACTOR, OWNER, "198.51.100.99")


def test_many_at_once_gain_nothing(limits: GuessLimits) -> None:
    def admitted(_: int) -> bool:
        try:
            wrong(limits, STRANGER)
        except TooManyRequests:
            return False
        return True

    assert sum(side_by_side(20, admitted)) <= 3


def test_accounts_are_counted_without_their_names(limits: GuessLimits, counts: Counts) -> None:
    for spelling in (" Owner@Example.COM ", OWNER, "OWNER@example.com"):
        wrong(limits, STRANGER, spelling)
    refused(limits, STRANGER)
    right(limits, HOME)
    if counts.shared is not None and counts.shared.check():
        stored = repr(counts.shared.get_connection().keys("*"))  # type: ignore[attr-defined]
    else:
        stored = repr(list(counts.own.storage))  # type: ignore[attr-defined]
    assert "guess/password/source" in stored
    assert "owner" not in stored.lower()


def test_an_acquaintance_lasts_for_a_month_from_the_last_right_guess(counts: Counts) -> None:
    limits = GuessLimits(counts, "3/minute")
    guess = limits.begin(Purpose.PASSWORD, OWNER, HOME)
    guess.right()
    right(limits, HOME)
    expiry = counts.using(lambda storage: storage.get_expiry(guess._known_network))
    assert KNOWN_NETWORK_SECONDS - 10 < expiry - time.time() <= KNOWN_NETWORK_SECONDS + 1
