"""Threads that send webhooks: one for each endpoint that has something to send, so that a slow one
does not hold up the others."""

import threading

from exports_app import log
from exports_app.domain.errors import Unavailable
from exports_app.services.core.records import DueEndpoint
from exports_app.services.webhooks.sending import WebhookSending

THREADS = 16
FOR_FAILING = 12
"""Threads for endpoints whose last attempt failed: each may take 15 seconds, and those that answer
must not wait for them."""
OF_A_TENANT = 4
"""Threads of one tenant: its slow endpoints leave room for others."""

_log = log.get(__name__)


class WebhookSender:
    """closing: set when the engine stops."""

    def __init__(self, sending: WebhookSending, closing: threading.Event) -> None:
        self._sending = sending
        self._closing = closing
        self._lock = threading.Lock()
        self._busy: dict[str, DueEndpoint] = {}
        """Endpoints that have a thread."""

    def start(self) -> None:
        """A thread for each endpoint with something to send, as far as there is room. Raises
        Unavailable, and RuntimeError where no thread can be started."""
        if self._closing.is_set():
            return
        with self._lock:
            busy = dict(self._busy)
        if len(busy) >= THREADS:
            return
        tenants = [one.tenant_id for one in busy.values()]
        full = {tenant for tenant in tenants if tenants.count(tenant) >= OF_A_TENANT}
        for endpoint in self._sending.due(busy, full):
            if self._claimed(endpoint):
                self._begin(endpoint.webhook_id)

    def _claimed(self, endpoint: DueEndpoint) -> bool:
        with self._lock:
            at_work = list(self._busy.values())
            of_tenant = sum(one.tenant_id == endpoint.tenant_id for one in at_work)
            failing = sum(one.is_failing for one in at_work)
            if (
                endpoint.webhook_id in self._busy
                or len(at_work) >= THREADS
                or of_tenant >= OF_A_TENANT
                or (endpoint.is_failing and failing >= FOR_FAILING)
            ):
                return False
            self._busy[endpoint.webhook_id] = endpoint
            return True

    def _begin(self, webhook_id: str) -> None:
        work = threading.Thread(
            target=self._send, args=(webhook_id,), name=f"webhook-{webhook_id[:8]}", daemon=True
        )
        try:
            work.start()
        except RuntimeError:
            self._end(webhook_id)
            raise

    def _send(self, webhook_id: str) -> None:
        try:
            self._sending.send_due(webhook_id, self._closing.is_set)
        except Unavailable as e:
            _log.warning("webhooks could not be sent: the database cannot be reached", reason=e.why)
        except Exception:  # noqa: BLE001  (retried in the next cycle)
            _log.exception("webhooks could not be sent")
        finally:
            self._end(webhook_id)

    def _end(self, webhook_id: str) -> None:
        with self._lock:
            self._busy.pop(webhook_id, None)
