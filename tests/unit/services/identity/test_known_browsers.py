"""The cookie by which a browser shows that an account signed in there before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_app.services.core.records import User
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.known_browsers import LIFETIME, MARKS, KnownBrowsers
from exports_app.services.keys.derived_keys import Keys
from tests.doubles import FakeClock

SECRET, OLDER = b"the secret of today, long enough", b"the secret of before, long enough"
OWNER, STRANGER = (
    User("1", "owner@example.com", "Owner", ""),
    User("2", "stranger@example.com", "Stranger", ""),
)


@pytest.fixture
def browsers(clock: FakeClock) -> KnownBrowsers:
    return KnownBrowsers(clock, Keys([SECRET]))


def test_a_browser_is_known_to_the_account_that_signed_in_there_and_to_no_other(
    browsers: KnownBrowsers,
) -> None:
    held = browsers.mark(OWNER, "")
    assert cookie(f"exports_known={held}", "exports_known") == held
    assert browsers.recognize(OWNER, held)
    assert not browsers.recognize(STRANGER, held)
    assert not browsers.recognize(None, held)
    assert browsers.recognize(OWNER, held) != browsers.recognize(OWNER, browsers.mark(OWNER, ""))


def test_it_is_known_to_the_last_few_accounts(browsers: KnownBrowsers) -> None:
    held = ""
    accounts = [User(str(i), f"user{i}@example.com", "User", "") for i in range(MARKS + 1)]
    for account in accounts:
        held = browsers.mark(account, held)
        held = browsers.mark(account, held)
    assert len(held) <= 200
    assert [bool(browsers.recognize(account, held)) for account in accounts] == [False] + [
        True
    ] * MARKS


def test_it_is_forgotten_once_everything_was_signed_out(browsers: KnownBrowsers) -> None:
    held = browsers.mark(OWNER, "")
    assert not browsers.recognize(replace(OWNER, token_version=OWNER.token_version + 1), held)


def test_it_is_forgotten_after_a_while(browsers: KnownBrowsers, clock: FakeClock) -> None:
    held = browsers.mark(OWNER, "")
    clock.now += LIFETIME
    assert browsers.recognize(OWNER, held)
    clock.now += timedelta(hours=1)
    assert not browsers.recognize(OWNER, held)
    assert browsers.recognize(OWNER, browsers.mark(OWNER, held))


def test_a_cookie_that_was_changed_made_up_or_cut_is_worthless(
    browsers: KnownBrowsers, clock: FakeClock
) -> None:
    held = browsers.mark(OWNER, "")
    forged = KnownBrowsers(clock, Keys([b"the secret of a stranger, long enough"])).mark(OWNER, "")
    changed = [
        held[:i] + ("A" if held[i] != "A" else "B") + held[i + 1 :] for i in range(len(held))
    ]
    for value in [
        forged,
        *changed,
        held[:-1],
        held[1:],
        "x",
        "A" * 40,
        "A" * 200,
        "=" * 40,
        "ä" * 40,
        "",
    ]:
        assert not browsers.recognize(OWNER, value), value
    assert browsers.recognize(OWNER, browsers.mark(OWNER, "A" * 200))


def test_the_key_may_be_changed(clock: FakeClock) -> None:
    held = KnownBrowsers(clock, Keys([OLDER])).mark(OWNER, "")
    assert KnownBrowsers(clock, Keys([SECRET, OLDER])).recognize(OWNER, held)
    assert not KnownBrowsers(clock, Keys([SECRET])).recognize(OWNER, held)
