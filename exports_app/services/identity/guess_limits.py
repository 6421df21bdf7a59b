"""Limits on guessing a secret: a password at sign-in, the current password, a code of a second
factor.

A guess is counted before it is checked, so that parallel guesses gain nothing; the count is taken
back when the guess was right. Right ones use up no limit: the queues of `password_hashing` bound
the work that they cause. Wrong guesses are counted in up to three scopes:

- SOURCE: one account from one network (or from one browser in which the account signed in before).
- NETWORK: all accounts from one network.
- ACCOUNT: one account from everywhere.

Each scope has some free guesses; after them a caller has to wait 1 s, then 2 s, 4 s and so on. Only
SOURCE has long waits: a stranger cannot cause them for anyone else. NETWORK and ACCOUNT do not
apply in a browser in which the account signed in before, nor in a network from which it did so, or
chose a new password by a link, within the last 30 days. Codes have so few values that these
browsers have a common limit too, apart from that of strangers.
"""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from limits import parse

from exports_app.domain.errors import TooManyRequests
from exports_app.domain.humanize import counted
from exports_app.services.core import network_addresses
from exports_app.services.core.email_addresses import account_address
from exports_app.services.core.rate_limits import Counts, Storage

REMEMBERED = 60 * 60
"""The least number of seconds for which a wrong guess counts."""
KNOWN_NETWORK_SECONDS = 30 * 24 * 60 * 60
"""Seconds for which a network is known to an account after a right guess."""
WIDER = 10
"""Factor of the free guesses in the scopes NETWORK and ACCOUNT."""


class Purpose(StrEnum):
    """What is guessed. Each purpose has its own counts."""

    PASSWORD = "password"  # noqa: S105 (a name)
    CURRENT_PASSWORD = "current-password"  # noqa: S105
    """By a signed-in user who changes it."""
    SECOND_FACTOR = "second-factor"
    """At a sign-in, after the password."""
    CURRENT_CODE = "current-code"
    """By a signed-in user who changes their second factor. Apart from SECOND_FACTOR, so that a
    stolen session cannot keep the owner from signing in."""


CODES = {Purpose.SECOND_FACTOR, Purpose.CURRENT_CODE}
"""Six digits, or a recovery code."""


class GuessScope(StrEnum):
    SOURCE = "source"
    NETWORK = "network"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Waits:
    """free: guesses without a wait. longest: the longest wait after them, seconds."""

    free: int
    longest: int

    def after(self, wrong: int) -> int:
        """Seconds to wait after so many wrong guesses."""
        if wrong < self.free:
            return 0
        return min(self.longest, 1 << min(wrong - self.free, 30))


@dataclass(frozen=True)
class Lock:
    """A wait that follows unless the guess is right."""

    scope: GuessScope
    seconds: int


@dataclass(frozen=True)
class _Counter:
    scope: GuessScope
    key: str
    waits: Waits

    @property
    def block(self) -> str:
        """The key that exists while callers have to wait."""
        return f"{self.key}/wait"


class Guess:
    """One guess that may be checked now. locks: the waits that follow if it is wrong."""

    def __init__(
        self,
        counts: Counts,
        counters: Sequence[_Counter],
        locks: Sequence[Lock],
        known_network: str,
        remembered: int,
    ) -> None:
        """remembered: seconds for which the guess is counted."""
        self._counts = counts
        self._counters = counters
        self._known_network = known_network
        self._remembered = remembered
        self.locks = tuple(locks)

    def right(self) -> None:
        """The guess was right: take its counts back, and end the waits that it caused."""
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
        _remember_network(storage, self._known_network)


class GuessLimits:
    def __init__(self, counts: Counts, rate: str) -> None:
        """rate: e.g. ``10/minute``: the number of free guesses of a password in the scope SOURCE,
        and for how long they count, if that is more than an hour."""
        item = parse(rate)
        self._counts = counts
        self._remembered = max(REMEMBERED, item.get_expiry())
        wide = WIDER * item.amount
        passwords = {
            GuessScope.SOURCE: Waits(item.amount, 15 * 60),
            GuessScope.NETWORK: Waits(wide, 60),
            GuessScope.ACCOUNT: Waits(wide, 60),
        }
        # Six digits, by callers who know the password or are signed in
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

        account: an email address, also one without an account. address: of the client, as in
        `request_context.current().address`. browser: what `KnownBrowsers.recognize` returned; empty
        for an unknown browser. Raises TooManyRequests with the seconds to wait, and counts nothing
        then.
        """
        return self._counts.using(
            lambda storage: self._begin(storage, purpose, account, address, browser)
        )

    def look(self, purpose: Purpose, account: str, address: str, browser: str = "") -> bool:
        """Whether the browser or the network is known to the account. Counts nothing. Raises
        TooManyRequests like `begin`."""
        return self._counts.using(
            lambda storage: self._look(storage, purpose, account, address, browser)
        )

    def trust_network(self, account: str, address: str) -> None:
        """Remember the network as known, and end its waits: the account's owner has just chosen a
        password there by a link, and can sign in at once."""
        self._counts.using(lambda storage: self._trust_network(storage, account, address))

    def _trust_network(self, storage: Storage, account: str, address: str) -> None:
        named, network = _digest(account_address(account)), network_addresses.network(address)
        own = self._counter(Purpose.PASSWORD, GuessScope.SOURCE, f"{named}/{network}")
        for key in (own.key, own.block):
            storage.clear(key)
        _remember_network(storage, _known_network(Purpose.PASSWORD, named, network))

    def _begin(
        self, storage: Storage, purpose: Purpose, account: str, address: str, browser: str
    ) -> Guess:
        named, network = _digest(account_address(account)), network_addresses.network(address)
        counters = self._counters(storage, purpose, account, address, browser)
        for counter in counters:
            _refuse_while_blocked(storage, purpose, counter)
        locks = [lock for counter in counters if (lock := self._count(storage, purpose, counter))]
        known_network = _known_network(purpose, named, network)
        return Guess(self._counts, counters, locks, known_network, self._remembered)

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
        known_network = _known_network(purpose, named, network)
        counters = [self._counter(purpose, GuessScope.SOURCE, f"{named}/{browser or network}")]
        if browser and purpose in CODES:
            counters.append(self._counter(purpose, GuessScope.ACCOUNT, f"{named}/known"))
        elif not browser and not storage.get(known_network):
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
        if storage.incr(counter.block, seconds) > 1:  # another guess at the same moment came first
            raise _too_many(storage, purpose, counter)
        return Lock(counter.scope, seconds)


def _known_network(purpose: Purpose, named: str, network: str) -> str:
    """The key that exists while the network is known to the account."""
    return f"acquainted/{purpose}/{named}/{network}"


def _remember_network(storage: Storage, known_network: str) -> None:
    storage.clear(known_network)  # else the time would run from the first right guess
    storage.incr(known_network, KNOWN_NETWORK_SECONDS)


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
    """Hides the addresses in keys, and gives keys one length."""
    return hashlib.blake2b(account.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
