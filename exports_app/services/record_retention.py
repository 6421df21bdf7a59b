"""Housekeeping of short-lived records: sent notifications and account messages, ended invitations,
links of password resets, sessions, one-time codes, answers kept for repeated requests, and
messages of webhooks."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app import log
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.identity import sessions

BATCH = 200
"""Records that one transaction removes; on SQLite other writers wait for it."""
PAUSE = 0.05
"""Seconds between two batches."""

_log = log.get(__name__)


@dataclass(frozen=True)
class RecordDays:
    """How long records are kept, in days.

    notices, account_messages: after they were written; those that are still to be sent stay.
    links: of invitations and password resets, after their end. webhooks: messages, after the event;
    those that are still to be sent stay.
    """

    notices: int
    account_messages: int
    links: int
    webhooks: int


class RecordRetention:
    def __init__(self, store: Store, clock: Clock, days: RecordDays) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    def sweep(
        self,
        stopped: Callable[[], bool] = lambda: False,
        pause: Callable[[float], object] = time.sleep,
    ) -> dict[str, int]:
        """Remove what is old enough. Returns how many of each kind. stopped: checked between
        batches. pause: waits for so many seconds, or until a stop. Raises Unavailable."""
        days, now = self._days, self._clock()

        def ago(count: int) -> datetime:
            return now - timedelta(days=count)

        kinds: dict[str, Callable[[Transaction], int]] = {
            "notices": lambda tx: tx.notifications.forget(ago(days.notices), BATCH),
            "account_messages": lambda tx: tx.account_messages.forget(
                ago(days.account_messages), BATCH
            ),
            "invitations": lambda tx: tx.invitations.forget(ago(days.links), BATCH),
            "password_resets": lambda tx: tx.password_resets.forget(ago(days.links), BATCH),
            "sessions": lambda tx: tx.sessions.forget(now - sessions.KEPT, BATCH),
            "codes": lambda tx: tx.codes.forget(now, BATCH),
            "webhook_messages": lambda tx: tx.webhook_deliveries.forget(ago(days.webhooks), BATCH),
            "idempotency_keys": lambda tx: tx.idempotency_keys.forget(now, BATCH),
        }
        removed = {
            name: self._sweep(forget, stopped, pause)
            for name, forget in kinds.items()
            if not stopped()
        }
        if any(removed.values()):
            _log.info("old records removed", **removed)
        return removed

    def _sweep(
        self,
        forget: Callable[[Transaction], int],
        stopped: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> int:
        removed = 0
        while True:
            with self._store.write() as tx:
                count = forget(tx)
            removed += count
            if count < BATCH or stopped():
                return removed
            pause(PAUSE)
