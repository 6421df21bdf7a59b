"""When and from where each API key, or each feed, was used last.

Counted in memory and written every few seconds, at most once a minute for a key: a call waits for
no write. A process that is killed loses the uses of a minute at most.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from exports_app import log
from exports_app.domain.errors import Unavailable
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import Clock, Store, Transaction, Uses

APART = timedelta(minutes=1)
ADDRESS = 64
"""The most characters of an address."""

_log = log.get(__name__)


class KeyUses:
    """of: the store of what is used."""

    def __init__(self, store: Store, clock: Clock, of: Callable[[Transaction], Uses]) -> None:
        self._store = store
        self._of = of
        self._clock = clock
        self._lock = threading.Lock()
        self._new: dict[str, tuple[datetime, str]] = {}
        """By the key's id: the last use, and from which address. Only of keys that exist."""
        self._written: dict[str, datetime] = {}

    def note(self, key_id: str) -> None:
        use = self._clock(), request_context.current().address[:ADDRESS]
        with self._lock:
            self._new[key_id] = use

    def flush(self, *, last: bool = False) -> None:
        """Write what is due. last: all of it, since this process ends. Raises Unavailable, and
        keeps the uses then."""
        now = self._clock()
        with self._lock:
            recent = {key for key, at in self._written.items() if now - APART < at <= now}
            due = {key: use for key, use in self._new.items() if last or key not in recent}
        if due:
            with self._store.write() as tx:
                for key_id, (at, address) in sorted(due.items()):
                    self._of(tx).used(key_id, at, address)
        with self._lock:
            self._written = {key: self._written[key] for key in recent} | dict.fromkeys(due, now)
            self._new = {key: use for key, use in self._new.items() if due.get(key) != use}

    def close(self) -> None:
        """Write all that is left, unless the database cannot be reached."""
        try:
            self.flush(last=True)
        except Unavailable as e:
            _log.warning("uses of API keys and feeds could not be written", reason=e.why)
