"""Stores of deliveries and notifications."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.records import Delivery, Notification


class DeliveryStore(Protocol):
    def get(self, delivery_id: str) -> Delivery | None: ...
    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Delivery]]:
        """By run id; runs without deliveries are left out."""

    def add(self, deliveries: Iterable[Delivery]) -> None: ...
    def change(self, delivery: Delivery, values: Mapping[str, Any]) -> None:
        """By a worker that has locked the delivery's run in this transaction."""

    def mark_sending_unknown(self, run_id: str) -> None:
        """Deliveries that were being sent become unknown."""

    def mark_unsent_unknown(self, run_id: str, reason: str) -> None:
        """Deliveries that wait, or were being sent, become unknown, with the reason."""

    def end_pending(self, run_id: str, reason: str) -> None:
        """When the run ends: attempted deliveries fail with their own error, the others are skipped
        with the reason."""

    def accept_unknown(self, run_id: str, note: str) -> int:
        """Accept unknown deliveries. note: who says that they arrived. Returns their number."""

    def reopen(self, ids: Collection[str]) -> None:
        """Set deliveries to pending again, in a transaction that has reopened their run."""


class NotificationStore(Protocol):
    def of_schedule(self, schedule_id: str, limit: int) -> list[Notification]:
        """The newest first."""

    def add(self, notifications: Iterable[Notification]) -> None: ...
    def due(self, now: datetime, limit: int) -> list[Notification]: ...
    def waiting(self, at_most: int) -> int:
        """How many are still to be sent, counted up to `at_most`."""

    def hold(self, reason: str, limit: int) -> int:
        """Up to `limit` messages that wait become unknown, and are not sent any more. Returns how
        many."""

    def release(self, now: datetime) -> None:
        """What is being sent is due: its process has died."""

    def change(self, seen: Notification, values: Mapping[str, Any]) -> bool:
        """False when another process changed it since it was seen."""

    def forget(self, created_before: datetime, limit: int) -> int:
        """Remove up to `limit` finished ones that were written before the instant. Returns their
        number."""
