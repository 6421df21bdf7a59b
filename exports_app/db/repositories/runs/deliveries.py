"""Deliveries, attempts and notifications of runs."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus
from exports_app.services.core.records import (
    Attempt,
    Delivery,
    Notification,
    NotificationKind,
)


class DeliveryRepository(Repository[Delivery]):
    model, record = models.DeliveryRow, Delivery
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"status": DeliveryStatus}

    def get(self, delivery_id: str) -> Delivery | None:
        return self._one(self._table.c.id == delivery_id)

    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Delivery]]:
        c = self._table.c
        by_run: dict[str, list[Delivery]] = {}
        for delivery in self._all(
            self._select().where(c.history_id.in_(run_ids)).order_by(c.channel, c.target)
        ):
            by_run.setdefault(delivery.history_id, []).append(delivery)
        return by_run

    def add(self, deliveries: Iterable[Delivery]) -> None:
        self._insert(deliveries)

    def change(self, delivery: Delivery, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == delivery.id, values=values)

    def mark_sending_unknown(self, run_id: str) -> None:
        c = self._table.c
        where = (c.history_id == run_id, c.status == DeliveryStatus.SENDING)
        self._update(*where, values={"status": DeliveryStatus.UNKNOWN})

    def mark_unsent_unknown(self, run_id: str, reason: str) -> None:
        c = self._table.c
        unsent = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
        self._update(
            *(c.history_id == run_id, c.status.in_(unsent)),
            values={"status": DeliveryStatus.UNKNOWN, "error": reason},
        )

    def end_pending(self, run_id: str, reason: str) -> None:
        c = self._table.c
        pending = (c.history_id == run_id, c.status == DeliveryStatus.PENDING)
        self._update(
            *pending, c.attempts > 0, c.error.is_not(None), values={"status": DeliveryStatus.FAILED}
        )
        self._update(*pending, values={"status": DeliveryStatus.SKIPPED, "error": reason})

    def accept_unknown(self, run_id: str, note: str) -> int:
        c = self._table.c
        values = {"status": DeliveryStatus.ACCEPTED, "error": note}
        return self._update(
            c.history_id == run_id, c.status == DeliveryStatus.UNKNOWN, values=values
        )

    def reopen(self, ids: Collection[str]) -> None:
        pending = {"status": DeliveryStatus.PENDING, "error": None, "resends": 0}
        self._update(self._table.c.id.in_(ids), values=pending)


class AttemptRepository(Repository[Attempt]):
    model, record = models.AttemptRow, Attempt
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"outcome": AttemptOutcome}

    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Attempt]]:
        c = self._table.c
        by_run: dict[str, list[Attempt]] = {}
        for attempt in self._all(
            self._select().where(c.history_id.in_(run_ids)).order_by(c.started_at, c.number)
        ):
            by_run.setdefault(attempt.history_id, []).append(attempt)
        return by_run

    def add(self, attempt: Attempt) -> None:
        self._insert([attempt])

    def end(
        self,
        run_id: str,
        outcome: AttemptOutcome,
        at: datetime,
        error: str | None,
        code: str | None,
    ) -> None:
        c = self._table.c
        values = {"ended_at": at, "outcome": outcome, "error": error, "error_code": code}
        self._update(c.history_id == run_id, c.ended_at.is_(None), values=values)


class NotificationRepository(Repository[Notification]):
    model, record = models.NotificationRow, Notification
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {
        "status": DeliveryStatus,
        "kind": NotificationKind,
    }

    def of_schedule(self, schedule_id: str, limit: int) -> list[Notification]:
        c = self._table.c
        return self._all(
            self._select()
            .where(c.scheduled_export_id == schedule_id)
            .order_by(c.created_at.desc(), c.id)
            .limit(limit)
        )

    def add(self, notifications: Iterable[Notification]) -> None:
        self._insert(notifications)

    def due(self, now: datetime, limit: int) -> list[Notification]:
        return self._due(now, limit, self._table.c.kind.in_(list(NotificationKind)))

    def waiting(self, at_most: int) -> int:
        return self._waiting(at_most)

    def hold(self, reason: str, limit: int) -> int:
        return self._hold(reason, limit)

    def release(self, now: datetime) -> None:
        self._release(now)

    def change(self, seen: Notification, values: Mapping[str, Any]) -> bool:
        return self._change_seen(seen, values)

    def forget(self, created_before: datetime, limit: int) -> int:
        return self._forget(created_before, limit)
