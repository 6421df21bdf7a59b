"""The outbox: messages are added as rows in the transaction that causes them, and sent and retried
afterwards.

Several processes may send. Each message is claimed by one of them, and keeps its Message-ID.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from exports_app import log, metrics
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, Unavailable
from exports_app.domain.runs import retry
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.extension_points import NOTIFY_SECONDS, Note
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import AccountMessage, Notification
from exports_app.services.delivery import channels

BATCH = 20
ON_THE_WIRE = timedelta(seconds=NOTIFY_SECONDS) + timedelta(minutes=5)
"""A message without a result for this time is sent again: by then its channel has given it up, or
its process has died."""

M = TypeVar("M", Notification, AccountMessage)
_log = log.get(__name__)


class Messages(Protocol[M]):
    """The store of one kind of messages."""

    def due(self, now: datetime, limit: int) -> list[M]: ...
    def release(self, now: datetime) -> None: ...
    def change(self, seen: M, values: Mapping[str, Any]) -> bool:
        """False when another process changed it since it was seen."""


class Outbox(Generic[M]):
    """what: the word for a message in logs. kind: its name in metrics. messages: their store.
    compose: called once a message is claimed; None: it need not be sent any more."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        retries: retry.Policy,
        what: str,
        kind: str,
        messages: Callable[[Transaction], Messages[M]],
        compose: Callable[[M], Note | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._retries = retries
        self._what = what
        self._kind = kind
        self._messages: Callable[[Transaction], Messages[M]] = messages
        self._compose: Callable[[M], Note | None] = compose

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""
        with self._store.read() as tx:
            return bool(self._messages(tx).due(self._clock(), 1))

    def recover(self) -> None:
        """Send again at once what was being sent: no other process is alive."""
        with self._store.write() as tx:
            self._messages(tx).release(self._clock())

    def send_due(self) -> int:
        """Send a batch of due messages. Returns how many were attempted. Raises Unavailable."""
        with self._store.read() as tx:
            due = self._messages(tx).due(self._clock(), BATCH)
        for message in due:
            self._send(message)
        return len(due)

    def _send(self, message: M) -> None:
        try:
            notifier = channels.notifier()
        except channels.NothingIsSent as e:
            skipped = {"status": DeliveryStatus.SKIPPED, "error": e.message}
            self._note(message, **skipped, next_attempt_at=None)
            return
        claimed = replace(message, status=DeliveryStatus.SENDING, attempts=message.attempts + 1)
        again = self._clock() + ON_THE_WIRE
        if not self._note(
            message, status=claimed.status, attempts=claimed.attempts, next_attempt_at=again
        ):
            return  # another process sends it
        try:
            note = self._compose(claimed)
            if note is None:
                return
            notifier.notify(claimed.target, claimed.id, note)
        except DeliveryError as e:
            self._failed(claimed, e, was=message.status)
        except Unavailable as e:  # e.g. the database is busy: retry like a refused message
            self._failed(claimed, DeliveryError(e.message, permanent=e.permanent))
        except Exception:  # noqa: BLE001  (it is logged, and noted in the message's row)
            _log.exception(f"a {self._what} failed unexpectedly", message=claimed.id)
            self._failed(claimed, DeliveryError("an unexpected error: see the server's log"))
        else:
            metrics.count_message(self._kind, DeliveryStatus.ACCEPTED)
            sent = {"sent_at": self._clock(), "next_attempt_at": None}
            self._note(claimed, status=DeliveryStatus.ACCEPTED, error=None, **sent)

    def _failed(
        self, message: M, error: DeliveryError, was: DeliveryStatus = DeliveryStatus.PENDING
    ) -> None:
        """was: its status before this attempt; unknown where it may have arrived at the last."""
        now = self._clock()
        at = retry.decide(error, message.attempts, self._retries, message.created_at, now)
        waits = DeliveryStatus.PENDING
        if isinstance(error, DeliveryUnknown):
            waits = DeliveryStatus.UNKNOWN
            resends = self._retries.resends
            if not resends or (was is waits and message.attempts > resends):
                at = None
        status = DeliveryStatus.FAILED if at is None else waits
        metrics.count_message(self._kind, status)
        reason = log.without_addresses(error.message)
        to = log.masked(message.target)
        _log.warning(f"a {self._what} was not accepted", message=message.id, to=to, reason=reason)
        self._note(message, status=status, error=error.message, next_attempt_at=at)

    def _note(self, seen: M, **values: Any) -> bool:
        with self._store.write() as tx:
            return self._messages(tx).change(seen, values)
