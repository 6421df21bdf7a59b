"""Sends the app's own messages that are due: about accounts, and notifications about schedules."""

import threading
from typing import Protocol

from exports_app import log
from exports_app.domain.errors import Unavailable

ACCOUNT_THREADS = 4
"""Messages about accounts that are on their way at the same time: people wait for them, and a mail
server may take minutes for one."""

_log = log.get(__name__)


class DueMessages(Protocol):
    """One kind of messages."""

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""

    def send_due(self) -> int:
        """Send a batch. Returns how many were attempted. Several threads may call it: each message
        is claimed by one of them. Raises Unavailable."""


class MessageSender:
    """closing: set when the engine stops."""

    def __init__(
        self,
        account_messages: DueMessages,
        notifications: DueMessages,
        closing: threading.Event,
    ) -> None:
        self._kinds = (
            (account_messages, threading.Semaphore(ACCOUNT_THREADS)),
            # One after the other: "failed" must not come after "works again"
            (notifications, threading.Semaphore(1)),
        )
        self._closing = closing

    def start(self) -> None:
        """Send the messages that are due in threads of their own, since a mail server may be slow:
        one more for each kind, where not all are at work. Raises Unavailable, and RuntimeError
        where no thread can be started."""
        for messages, threads in self._kinds:
            if self._closing.is_set() or not messages.due() or not threads.acquire(blocking=False):
                continue
            work = threading.Thread(
                target=self._send_due, args=(messages, threads), name="notices", daemon=True
            )
            try:
                work.start()
            except RuntimeError:
                threads.release()
                raise

    def _send_due(self, messages: DueMessages, threads: threading.Semaphore) -> None:
        try:
            while not self._closing.is_set() and messages.send_due():
                pass
        except Unavailable as e:
            _log.warning("notices could not be sent: the database cannot be reached", reason=e.why)
        except Exception:  # noqa: BLE001  (retried in the next cycle)
            _log.exception("notices could not be sent")
        finally:
            threads.release()
