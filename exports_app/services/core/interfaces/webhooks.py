"""The stores of webhooks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.records import (
    DueEndpoint,
    Page,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
)


class WebhookStore(Protocol):
    def get(self, webhook_id: str, *, lock: bool = False) -> Webhook | None: ...
    def of_tenant(self, tenant_id: str) -> list[Webhook]:
        """Sorted by name."""

    def active(self, tenant_id: str) -> list[Webhook]:
        """Those that get events, in any order. None of them is deleted until the transaction
        ends."""

    def add(self, webhook: Webhook) -> None: ...
    def update(self, webhook_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """A change by a person. False where it has another version meanwhile."""

    def change(self, webhook_id: str, values: Mapping[str, Any]) -> None:
        """What the app notes: no new version."""

    def disable(self, webhook_id: str, values: Mapping[str, Any]) -> bool:
        """False where it was not active any more."""

    def remove(self, webhook_id: str) -> None:
        """With its deliveries."""

    def secrets(self, after: str, limit: int) -> list[tuple[str, str, str | None]]:
        """Ids behind `after`, in order, with the encrypted secrets: the current and the previous
        one."""

    def replace_secrets(
        self, webhook_id: str, seen: tuple[str, str | None], new: tuple[str, str | None]
    ) -> bool:
        """False where they changed since they were seen."""


class WebhookDeliveryStore(Protocol):
    def add(
        self, messages: Iterable[WebhookMessage], deliveries: Iterable[WebhookDelivery]
    ) -> None: ...
    def get(self, delivery_id: str) -> WebhookDelivery | None: ...
    def message(self, message_id: str) -> WebhookMessage | None: ...
    def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        """In order."""

    def find(
        self, webhook_id: str, statuses: Sequence[str], type_: str, page: Page
    ) -> tuple[list[WebhookDelivery], int]:
        """Of an endpoint. statuses, type_: empty for all. Also returns the number of all."""

    def due_endpoints(
        self, now: datetime, busy: Collection[str], full: Collection[str], limit: int
    ) -> list[DueEndpoint]:
        """At most `limit` endpoints with deliveries that are due, but for those that rest, busy
        ones and those of the tenants in `full`. Those that failed last time come last; among
        equals, the one whose last attempt is longest ago comes first: a long backlog of one keeps
        no other waiting."""

    def due(self, webhook_id: str, now: datetime, limit: int) -> list[WebhookDelivery]:
        """Tests first, then the longest waiting."""

    def change(self, seen: WebhookDelivery, values: Mapping[str, Any]) -> bool:
        """False when another process changed it since it was seen."""

    def note(self, attempt: WebhookAttempt) -> None: ...
    def cancel(self, webhook_id: str, reason: str, now: datetime) -> int:
        """Those of an endpoint that wait or are being sent. Returns their number."""

    def reopen(self, webhook_id: str, since: datetime, now: datetime, limit: int) -> int:
        """Up to `limit` failed or cancelled ones whose event happened since then are due again, the
        oldest first; tests are left out. Returns their number."""

    def count_reopenable(self, webhook_id: str, since: datetime, at_most: int) -> int:
        """How many `reopen` finds, counted up to `at_most`."""

    def release(self, now: datetime) -> None:
        """What is being sent is due: its process has died."""

    def hold(self, reason: str, now: datetime, limit: int) -> int:
        """Up to `limit` that wait are cancelled. Returns their number."""

    def waiting(self, at_most: int) -> int:
        """How many are still to be sent, counted up to `at_most`."""

    def forget(self, created_before: datetime, limit: int) -> int:
        """Remove up to `limit` messages from before the instant of which nothing is still to be
        sent, with their deliveries. Returns their number."""
