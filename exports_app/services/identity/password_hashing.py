"""The queues for hashing passwords.

bcrypt is slow on purpose: it takes a third of a second of a core. Without a limit, a stranger who
signs in with many made-up accounts would occupy every thread that answers requests.

There are two queues. KNOWN is for callers who have shown that an account is theirs: they are signed
in, have a link to the account, or sign in from a browser or a network that the account knows.
STRANGERS is for all others. The queues take turns, so that many strangers delay the owner of an
account only briefly.
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
"""Passwords hashed at the same time; one core is left for other work."""
PER_ACCOUNT = 2
"""Callers of one account in each queue, including those being hashed."""
PER_NETWORK = 4
"""Strangers of one network."""
PER_WIDER = {56: 6, 48: 8}
"""Strangers of a larger IPv6 network, by its bits."""
BUSY = "Too many people are signing in right now: wait a second, then try again"


class Queue(StrEnum):
    KNOWN = "known"
    STRANGERS = "strangers"


PLACES = {Queue.KNOWN: 6, Queue.STRANGERS: 9}
"""Callers in each queue, including those being hashed: together less than half of the threads."""


@dataclass(eq=False)
class _Caller:
    """limits: by key, how many callers may share it. group: callers from the same place, for
    `_make_room`."""

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
        """In order of arrival."""
        self._last = Queue.STRANGERS
        """The queue that had the last turn."""

    @contextmanager
    def place(self, account: str = "", *, known: bool = False) -> Iterator[None]:
        """Wait for a turn to hash one password within the block. account: its email address. known:
        the caller has shown that the account is theirs. Raises Busy. Outside of requests, e.g. on
        the command line, there is no queue."""
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
        places = Counter(key for other in queue for key in other.limits)
        if any(places[key] >= most for key, most in caller.limits.items()):
            raise Busy(1, BUSY)
        if len(queue) >= PLACES[caller.queue]:
            self._make_room(caller, queue)
        self._callers.append(caller)

    def _make_room(self, caller: _Caller, queue: list[_Caller]) -> None:
        """Displace the newest waiting caller of the largest group, for a caller of a smaller group.
        Raises Busy."""
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
