"""Limits on guessing a secret: a password at sign-in, the current password, a code of a second
factor.

A guess is counted before it is checked, so that many at once gain nothing, and given back when it
was right. What is counted are wrong guesses, at up to three scopes:

- SOURCE: one account from one network (or from one browser in which the account signed in before).
- NETWORK: all accounts from one network.
- ACCOUNT: one account from everywhere.

Each scope has some free guesses; after them one has to wait 1 s, then 2 s, 4 s and so on. Only
SOURCE has long waits: a stranger cannot make them for anybody else. The owner of an account passes
NETWORK and ACCOUNT in a browser in which they signed in before, and from a network from which they
did so, or chose a new password by a link, within the last 30 days. Codes have so few values that
such browsers have a limit together too, apart from the one of strangers.
"""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from limits import parse
from limits.storage import Storage

from exports_app.domain.errors import TooManyRequests
from exports_app.domain.humanize import counted
from exports_app.services.core import network_addresses
from exports_app.services.core.email_addresses import account_address
from exports_app.services.core.rate_limits import Counts, RateLimit

REMEMBERED = 60 * 60
"""Seconds for which a wrong guess counts, at least."""
ACQUAINTED = 30 * 24 * 60 * 60
"""Seconds for which a network is known to an account after a right guess."""
WIDER = 10
"""How many times as many guesses are free at the scopes NETWORK and ACCOUNT."""


SIGN_INS = "60/minute"
"""Right passwords of one account from one network: each takes as long to check as a wrong one."""


class Purpose(StrEnum):
    """What is guessed. Each has counts of its own."""

    PASSWORD = "password"  # noqa: S105 (a name)
    CURRENT_PASSWORD = "current-password"  # noqa: S105
    """By somebody who is signed in and changes it."""
    SECOND_FACTOR = "second-factor"
    """By somebody who knows the password and signs in."""
    CURRENT_CODE = "current-code"
    """By somebody who is signed in and changes their second factor. Apart from SECOND_FACTOR: with
    a stolen session nobody keeps the owner from signing in."""


CODES = {Purpose.SECOND_FACTOR, Purpose.CURRENT_CODE}
"""Six digits, or a recovery code."""


class GuessScope(StrEnum):
    SOURCE = "source"
    NETWORK = "network"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Waits:
    """free: guesses without a wait. longest: seconds, the cap of the waits after them."""

    free: int
    longest: int

    def after(self, wrong: int) -> int:
        """Seconds to wait after so many wrong guesses."""
        if wrong < self.free:
            return 0
        return min(self.longest, 1 << min(wrong - self.free, 30))


@dataclass(frozen=True)
class Lock:
    """A wait that a guess causes unless it is right."""

    scope: GuessScope
    seconds: int


@dataclass(frozen=True)
class _Counter:
    scope: GuessScope
    key: str
    waits: Waits

    @property
    def block(self) -> str:
        """The key that exists as long as one has to wait."""
        return f"{self.key}/wait"


class Guess:
    """One guess that may be checked now. locks: the waits that follow if it is wrong."""

    def __init__(
        self,
        counts: Counts,
        counters: Sequence[_Counter],
        locks: Sequence[Lock],
        acquaintance: str,
        remembered: int,
    ) -> None:
        """remembered: seconds for which the guess is counted."""
        self._counts = counts
        self._counters = counters
        self._acquaintance = acquaintance
        self._remembered = remembered
        self.locks = tuple(locks)

    def right(self) -> None:
        """It was right: it uses up no limit, and ends the waits of its account and network."""
        self._counts.using(self._give_back)

    def _give_back(self, storage: Storage) -> None:
        locked = {lock.scope for lock in self.locks}
        for counter in self._counters:
            if counter.scope is GuessScope.SOURCE:
                storage.clear(counter.key)
            elif storage.get(counter.key) > 0:
                storage.incr(counter.key, self._remembered, -1)
            if counter.scope in locked:
                storage.clear(counter.block)
        _acquaint(storage, self._acquaintance)


class GuessLimits:
    def __init__(self, counts: Counts, rate: str) -> None:
        """rate: e.g. ``10/minute``: how many wrong guesses of a password are free at the scope
        SOURCE, and for how long they count, if that is more than an hour."""
        item = parse(rate)
        self._counts = counts
        self._sign_ins = RateLimit(SIGN_INS, counts, "sign-in")
        self._remembered = max(REMEMBERED, item.get_expiry())
        wide = WIDER * item.amount
        passwords = {
            GuessScope.SOURCE: Waits(item.amount, 15 * 60),
            GuessScope.NETWORK: Waits(wide, 60),
            GuessScope.ACCOUNT: Waits(wide, 60),
        }
        # Six digits: whoever gets here knows the password, or is signed in
        codes = {
            GuessScope.SOURCE: Waits(math.ceil(item.amount / 2), 60 * 60),
            GuessScope.NETWORK: Waits(wide, 60),
            GuessScope.ACCOUNT: Waits(2 * item.amount, 15 * 60),
        }
        self._waits = {
            Purpose.PASSWORD: passwords,
            Purpose.CURRENT_PASSWORD: passwords,
            Purpose.SECOND_FACTOR: codes,
            Purpose.CURRENT_CODE: codes,
        }

    def begin(self, purpose: Purpose, account: str, address: str, browser: str = "") -> Guess:
        """Call it before the secret is checked, and `Guess.right` on its result afterwards if the
        secret was right.

        account: its email address, also of one that does not exist. address: where the guess comes
        from, as in `request_context.current().address`. browser: what `KnownBrowsers.recognize`
        returned, empty for a browser that the account does not know. Raises TooManyRequests with
        the seconds to wait; then nothing is counted.
        """
        return self._counts.using(
            lambda storage: self._begin(storage, purpose, account, address, browser)
        )

    def look(self, purpose: Purpose, account: str, address: str, browser: str = "") -> bool:
        """Whether the account knows the browser or the network, so that nobody there waits for what
        strangers do. Counts nothing. Raises TooManyRequests, as `begin`, while one has to wait, and
        after too many right passwords."""
        if purpose is Purpose.PASSWORD:
            self._sign_ins.check(
                _digest(account_address(account)), network_addresses.network(address)
            )
        return self._counts.using(
            lambda storage: self._look(storage, purpose, account, address, browser)
        )

    def count_sign_in(self, account: str, address: str) -> None:
        """The password was right. Raises TooManyRequests."""
        self._sign_ins.hit(_digest(account_address(account)), network_addresses.network(address))

    def welcome(self, account: str, address: str) -> None:
        """The account's owner just chose its password there, by a link: they sign in without a
        wait, whatever strangers did."""
        self._counts.using(lambda storage: self._welcome(storage, account, address))

    def _welcome(self, storage: Storage, account: str, address: str) -> None:
        named, network = _digest(account_address(account)), network_addresses.network(address)
        own = self._counter(Purpose.PASSWORD, GuessScope.SOURCE, f"{named}/{network}")
        for key in (own.key, own.block):
            storage.clear(key)
        _acquaint(storage, _acquaintance(Purpose.PASSWORD, named, network))

    def _begin(
        self, storage: Storage, purpose: Purpose, account: str, address: str, browser: str
    ) -> Guess:
        named, network = _digest(account_address(account)), network_addresses.network(address)
        counters = self._counters(storage, purpose, account, address, browser)
        for counter in counters:
            _refuse_while_blocked(storage, purpose, counter)
        locks = [lock for counter in counters if (lock := self._count(storage, purpose, counter))]
        acquaintance = _acquaintance(purpose, named, network)
        return Guess(self._counts, counters, locks, acquaintance, self._remembered)

    def _look(
        self, storage: Storage, purpose: Purpose, account: str, address: str, browser: str
    ) -> bool:
        counters = self._counters(storage, purpose, account, address, browser)
        for counter in counters:
            _refuse_while_blocked(storage, purpose, counter)
        return GuessScope.NETWORK not in {counter.scope for counter in counters}

    def _counters(
        self, storage: Storage, purpose: Purpose, account: str, address: str, browser: str
    ) -> list[_Counter]:
        named, network = _digest(account_address(account)), network_addresses.network(address)
        acquaintance = _acquaintance(purpose, named, network)
        counters = [self._counter(purpose, GuessScope.SOURCE, f"{named}/{browser or network}")]
        if browser and purpose in CODES:
            counters.append(self._counter(purpose, GuessScope.ACCOUNT, f"{named}/known"))
        elif not browser and not storage.get(acquaintance):
            counters.append(self._counter(purpose, GuessScope.NETWORK, network))
            counters.append(self._counter(purpose, GuessScope.ACCOUNT, named))
        return counters

    def _counter(self, purpose: Purpose, scope: GuessScope, key: str) -> _Counter:
        return _Counter(scope, f"guess/{purpose}/{scope}/{key}", self._waits[purpose][scope])

    def _count(self, storage: Storage, purpose: Purpose, counter: _Counter) -> Lock | None:
        wrong = storage.incr(counter.key, self._remembered)
        seconds = counter.waits.after(wrong)
        if not seconds:
            return None
        if storage.incr(counter.block, seconds) > 1:  # another guess came first, at the same moment
            raise _too_many(storage, purpose, counter)
        return Lock(counter.scope, seconds)


def _acquaintance(purpose: Purpose, named: str, network: str) -> str:
    """The key that exists as long as the network is known to the account."""
    return f"acquainted/{purpose}/{named}/{network}"


def _acquaint(storage: Storage, acquaintance: str) -> None:
    storage.clear(acquaintance)  # or its time would run from the first right guess on
    storage.incr(acquaintance, ACQUAINTED)


def _refuse_while_blocked(storage: Storage, purpose: Purpose, counter: _Counter) -> None:
    if storage.get(counter.block):
        raise _too_many(storage, purpose, counter)


def _too_many(storage: Storage, purpose: Purpose, counter: _Counter) -> TooManyRequests:
    seconds = max(1, math.ceil(storage.get_expiry(counter.block) - time.time()))
    what = "codes" if purpose in CODES else "passwords"
    wait = (
        counted(seconds, "second") if seconds < 120 else counted(math.ceil(seconds / 60), "minute")
    )
    return TooManyRequests(seconds, f"Too many wrong {what}: wait {wait}, then try again")


def _digest(account: str) -> str:
    """Accounts are counted without their names, and in keys of one length."""
    return hashlib.blake2b(account.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
