"""Log lines about what strangers do, so few that nobody fills the log."""

import time
from collections import OrderedDict

from exports_app import log

QUIET_SECONDS = 60.0
"""Between two log lines about the same incident from the same address."""

_log = log.get(__name__)


class Incidents:
    """One log line for the same incident from the same address within QUIET_SECONDS; the next one
    says how many there were."""

    MOST = 1_000

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def note(self, what: str, address: str, *, error: bool = False) -> None:
        """error: a fault of ours, for the level of the line; else a warning."""
        now, key = time.monotonic(), (what, address)
        since, more = self._noted.get(key, (-QUIET_SECONDS, 0))
        if now - since < QUIET_SECONDS:
            self._noted[key] = (since, more + 1)
            return
        say = _log.error if error else _log.warning
        say(what, address=address, **({"more": more} if more else {}))
        self._noted[key] = (now, 0)
        self._noted.move_to_end(key)
        while len(self._noted) > self.MOST:
            self._noted.popitem(last=False)


incidents = Incidents()
