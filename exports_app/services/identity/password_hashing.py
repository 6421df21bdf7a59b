"""How many passwords are hashed at a time, and who waits for it.

bcrypt is slow on purpose: it takes a third of a second of a core. Without a limit a stranger who
signs in with many made-up accounts at once takes every thread that answers requests.

Callers stand in one of two queues. KNOWN is for people who showed before that an account is theirs:
they are signed in, hold a link to the account, or sign in from a browser or a network that the
account knows. STRANGERS is for all others. The queues take turns, so that no flood of strangers
makes the owner of an account wait for more than a moment.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from exports_app.domain.errors import Busy
from exports_app.services.core import request_context
from exports_app.services.core.network_addresses import network, wider_networks

AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
"""That are hashed; one core is left to everybody else."""
PER_ACCOUNT = 2
"""Of one account in each queue, with those that are hashed."""
PER_NETWORK = 4
"""Of strangers in one network."""
PER_WIDER = {56: 6, 48: 8}
"""Of strangers in a larger IPv6 network, by its bits."""
BUSY = "Too many people sign in at this moment: wait a second, then try again"


class Queue(StrEnum):
    KNOWN = "known"
    STRANGERS = "strangers"


PLACES = {Queue.KNOWN: 6, Queue.STRANGERS: 9}
"""In each queue, with those that are hashed: together less than half of this process's threads."""


@dataclass(eq=False)
class _Caller:
    """limits: how many may have the same key, by each of the caller's keys. group: with whom the
    caller shares a queue."""

    queue: Queue
    group: str
    limits: Mapping[str, int] = field(repr=False)
    hashes: bool = False
    displaced: bool = False


class Hashing:
    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._changed = threading.Condition()
        self._callers = list[_Caller]()
        """In the order in which they came."""
        self._last = Queue.STRANGERS
        """Whose turn it was."""

    @contextmanager
    def place(self, account: str = "", *, known: bool = False) -> Iterator[None]:
        """Around hashing one password. account: whose it is. known: the caller showed before that
        it is theirs. Raises Busy; never outside of requests, e.g. on the command line."""
        address = request_context.current().address
        if not address:
            yield
            return
        caller = _caller(address, account, Queue.KNOWN if known else Queue.STRANGERS)
        try:
            with self._changed:
                self._join(caller)
                self._changed.wait_for(lambda: caller.displaced or self._turn(caller))
                if caller.displaced:
                    raise Busy(1, BUSY)
                caller.hashes, self._last = True, caller.queue
            yield
        finally:
            with self._changed:
                if caller in self._callers:
                    self._callers.remove(caller)
                self._changed.notify_all()

    def _join(self, caller: _Caller) -> None:
        queue = [other for other in self._callers if other.queue is caller.queue]
        taken = Counter(key for other in queue for key in other.limits)
        if any(taken[key] >= most for key, most in caller.limits.items()):
            raise Busy(1, BUSY)
        if len(queue) >= PLACES[caller.queue]:
            self._make_room(caller, queue)
        self._callers.append(caller)

    def _make_room(self, caller: _Caller, queue: list[_Caller]) -> None:
        """The newest who waits, of the group with most places, goes for a caller whose group has
        fewer. Raises Busy."""
        groups = Counter(other.group for other in queue)
        waiting = [other for other in queue if not other.hashes]
        if not waiting:
            raise Busy(1, BUSY)
        last = max(reversed(waiting), key=lambda other: groups[other.group])
        if groups[last.group] <= groups[caller.group] + 1:
            raise Busy(1, BUSY)
        last.displaced = True
        self._callers.remove(last)
        self._changed.notify_all()

    def _turn(self, caller: _Caller) -> bool:
        waiting = [other for other in self._callers if not other.hashes]
        if len(self._callers) - len(waiting) >= self._at_once:
            return False
        others = [other for other in waiting if other.queue is not self._last]
        return caller is (others or waiting)[0]


def _caller(address: str, account: str, queue: Queue) -> _Caller:
    limits = {f"account/{account}": PER_ACCOUNT} if account else {}
    if queue is Queue.KNOWN:
        return _Caller(queue, account, limits)
    source, wider = network(address), wider_networks(address)
    limits |= {source: PER_NETWORK} | {wider[bits]: PER_WIDER[bits] for bits in wider}
    return _Caller(queue, wider.get(min(PER_WIDER), source), limits)


hashing = Hashing()
