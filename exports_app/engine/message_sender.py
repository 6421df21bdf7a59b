"""Sends the app's own messages that are due: about accounts, and notifications about schedules."""

import threading

from exports_app import log
from exports_app.domain.errors import Unavailable
from exports_app.services.delivery.notifications import Notifications
from exports_app.services.identity.account_messages import AccountMessages

_log = log.get(__name__)


class MessageSender:
    """closing: set when the engine stops."""

    def __init__(
        self,
        account_messages: AccountMessages,
        notifications: Notifications,
        closing: threading.Event,
    ) -> None:
        # Messages about accounts first: people wait for them
        self._messages = (account_messages, notifications)
        self._closing = closing
        self._sending = threading.Lock()

    def start(self) -> None:
        """Send the messages that are due in a thread of its own, since a mail server may be slow.
        Raises RuntimeError where no thread can be started."""
        due = any(messages.due() for messages in self._messages)
        if self._closing.is_set() or not due or not self._sending.acquire(blocking=False):
            return
        try:
            threading.Thread(target=self._send_due, name="notices", daemon=True).start()
        except RuntimeError:
            self._sending.release()
            raise

    def _send_due(self) -> None:
        try:
            for messages in self._messages:
                while not self._closing.is_set() and messages.send_due():
                    pass
        except Unavailable:
            _log.warning("notices could not be sent: the database cannot be reached")
        except Exception:  # noqa: BLE001  (retried in the next cycle)
            _log.exception("notices could not be sent")
        finally:
            self._sending.release()
