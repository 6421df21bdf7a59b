"""Notes events for the endpoints that get them, in the transaction in which they happen.

Without an endpoint that listens, it costs one look into a table for each tenant.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from exports_app.domain.runs.states import TRIALS, DeliveryStatus, RunStatus
from exports_app.services.core.field_rules import pointer_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Action,
    Delivery,
    Run,
    Schedule,
    Webhook,
    WebhookDelivery,
    WebhookMessage,
    WebhookStatus,
    new_id,
)
from exports_app.services.events import payloads as p
from exports_app.services.events.kinds import EventType

OF_RUNS = {
    RunStatus.COMPLETED: EventType.RUN_COMPLETED,
    RunStatus.PARTIAL: EventType.RUN_PARTIAL,
    RunStatus.FAILED: EventType.RUN_FAILED,
    RunStatus.SKIPPED: EventType.RUN_SKIPPED,
}
OF_SCHEDULES = {
    Action.SCHEDULE_CREATED: EventType.SCHEDULE_CREATED,
    Action.SCHEDULE_RESTORED: EventType.SCHEDULE_CREATED,
    Action.SCHEDULE_UPDATED: EventType.SCHEDULE_UPDATED,
    Action.SCHEDULE_DELETED: EventType.SCHEDULE_DELETED,
    Action.SCHEDULE_PAUSED: EventType.SCHEDULE_PAUSED,
}
ACTIVE = "is_active"

Changed = tuple[Action, Schedule, Mapping[str, Any]]
"""What was done to a schedule, as its entry in the audit says."""


def note_schedules(
    tx: Transaction, actor: tuple[str | None, str], notes: Iterable[Changed], now: datetime
) -> None:
    """Changes of scheduled exports. actor: the id and the name of who made them."""
    listeners = _Listeners(tx, now)
    by = p.Actor(id=actor[0], name=actor[1])
    for action, schedule, detail in notes:
        for kind in _kinds(action, detail):
            data = partial(_of_schedule, listeners, kind, schedule, detail, by)
            listeners.note(kind, schedule.tenant_id, schedule.id, data)
    listeners.write()


def note_runs(tx: Transaction, runs: Iterable[Run], now: datetime) -> None:
    """The ends of runs, as they are in this transaction. Tests and cancelled runs are no events."""
    listeners = _Listeners(tx, now)
    for run in runs:
        kind = OF_RUNS.get(run.status)
        if kind is not None and run.trigger not in TRIALS:
            data = partial(_of_run, tx, listeners, run, now)
            listeners.note(kind, run.tenant_id, run.scheduled_export_id, data)
    listeners.write()


def ping(
    tx: Transaction, webhook: Webhook, actor: tuple[str | None, str], now: datetime
) -> WebhookDelivery:
    """A test for one endpoint."""
    listeners = _Listeners(tx, now)
    data = p.PingEvent(
        tenant=listeners.tenant(webhook.tenant_id),
        webhook=p.Endpoint(id=webhook.id, name=webhook.name),
        by=p.Actor(id=actor[0], name=actor[1]),
    )
    [delivery] = listeners.add(EventType.PING, webhook.tenant_id, None, data, [webhook])
    listeners.write()
    return delivery


class _Listeners:
    """The endpoints of tenants, read once in a transaction."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now
        self._active: dict[str, list[Webhook]] = {}
        self._tenants: dict[str, p.Tenant] = {}
        self._messages: list[WebhookMessage] = []
        self._deliveries: list[WebhookDelivery] = []

    def note(
        self, kind: EventType, tenant_id: str, schedule_id: str, data: Callable[[], p.Part]
    ) -> None:
        """data: asked only where someone listens."""
        if tenant_id not in self._active:
            self._active[tenant_id] = self._tx.webhooks.active(tenant_id)
        to = [one for one in self._active[tenant_id] if listens(one, kind, schedule_id)]
        if to:
            self.add(kind, tenant_id, schedule_id, data(), to)

    def add(
        self,
        kind: EventType,
        tenant_id: str,
        schedule_id: str | None,
        data: p.Part,
        to: Sequence[Webhook],
    ) -> list[WebhookDelivery]:
        # So that those of one transaction are sent in order
        at = self._now + timedelta(microseconds=len(self._messages))
        values = data.model_dump(mode="json", by_alias=True)
        message = WebhookMessage(
            f"msg_{secrets.token_hex(16)}", tenant_id, kind, schedule_id, values, at
        )
        deliveries = [
            WebhookDelivery(
                *(new_id(), message.id, webhook.id, tenant_id, kind),
                *(WebhookStatus.PENDING, at),
                next_attempt_at=at,
            )
            for webhook in to
        ]
        self._messages.append(message)
        self._deliveries += deliveries
        return deliveries

    def write(self) -> None:
        if self._messages:
            self._tx.webhook_deliveries.add(self._messages, self._deliveries)

    def tenant(self, tenant_id: str) -> p.Tenant:
        if tenant_id not in self._tenants:
            found = self._tx.tenants.get(tenant_id)
            assert found is not None
            self._tenants[tenant_id] = p.Tenant(id=found.id, slug=found.slug, name=found.name)
        return self._tenants[tenant_id]


def listens(webhook: Webhook, kind: str, schedule_id: str | None) -> bool:
    """Whether the endpoint gets such events of the scheduled export."""
    return kind in webhook.events and (
        webhook.schedule_ids is None or schedule_id in webhook.schedule_ids
    )


def _kinds(action: Action, detail: Mapping[str, Any]) -> list[EventType]:
    kind = OF_SCHEDULES.get(action)
    if kind is None:
        return []
    changed = detail.get("changed") or {}
    if kind is not EventType.SCHEDULE_UPDATED or changed.get(ACTIVE) != [True, False]:
        return [kind]
    others = changed.keys() - {ACTIVE}
    return [EventType.SCHEDULE_UPDATED, EventType.SCHEDULE_PAUSED][0 if others else 1 :]


def _of_schedule(
    listeners: _Listeners,
    kind: EventType,
    schedule: Schedule,
    detail: Mapping[str, Any],
    by: p.Actor,
) -> p.ScheduleEvent:
    return p.ScheduleEvent(
        tenant=listeners.tenant(schedule.tenant_id),
        scheduled_export=_named(schedule, detail),
        by=by,
        changed=[] if kind is EventType.SCHEDULE_CREATED else _fields(detail),
        reason=_cut(detail.get("reason")),
    )


def _fields(detail: Mapping[str, Any]) -> list[str]:
    return [pointer_of(name).removeprefix("/") for name in detail.get("changed") or ()]


def _named(schedule: Schedule, detail: Mapping[str, Any]) -> p.ScheduledExport:
    """With the name and the slug that it has after the change."""
    changed = detail.get("changed") or {}
    slug = changed.get("slug", [None, schedule.slug])[1]
    name = changed.get("name", [None, schedule.name])[1]
    return _export(schedule.id, slug, name)


def _export(schedule_id: str, slug: str | None, name: str) -> p.ScheduledExport:
    url = f"/api/scheduled-exports/{schedule_id}"
    return p.ScheduledExport(id=schedule_id, slug=slug, name=name, url=url)


def _of_run(tx: Transaction, listeners: _Listeners, run: Run, now: datetime) -> p.RunEvent:
    run = tx.runs.get(run.id) or run  # the worker's may be older than its file
    schedule = tx.schedules.get(run.scheduled_export_id)
    deliveries = tx.deliveries.of_runs([run.id]).get(run.id, [])
    sent = [delivery.status for delivery in deliveries]
    error = p.Error(code=run.error_code or "error", message=_cut(run.error) or "")
    return p.RunEvent(
        tenant=listeners.tenant(run.tenant_id),
        scheduled_export=_export(
            run.scheduled_export_id, schedule.slug if schedule else None, run.spec.name
        ),
        run=p.Run(
            id=run.id,
            trigger=run.trigger,
            status=run.status,
            attempt=run.number,
            scheduled_for=run.scheduled_for,
            created_at=run.created_at,
            started_at=run.started_at,
            completed_at=run.completed_at or now,
            window_start=run.window_start,
            window_end=run.window_end,
            timezone=run.spec.timezone,
            rows=run.record_count,
            deliveries=p.Deliveries(
                total=len(sent),
                accepted=sent.count(DeliveryStatus.ACCEPTED),
                failed=sent.count(DeliveryStatus.FAILED),
                unknown=sent.count(DeliveryStatus.UNKNOWN),
                skipped=sent.count(DeliveryStatus.SKIPPED),
            ),
            error=error if run.error else None,
            url=f"/api/runs/{run.id}",
        ),
        files=_files(tx, run),
        destinations=[_destination(one) for one in deliveries if one.destination_id],
    )


def _destination(delivery: Delivery) -> p.Destination:
    location = delivery.location or None
    if location is not None and len(location.encode()) > p.LOCATION:
        location = None
    return p.Destination(
        id=delivery.destination_id or "",
        name=delivery.target,
        channel=delivery.channel,
        status=delivery.status,
        location=location,
    )


def _files(tx: Transaction, run: Run) -> list[p.File]:
    if run.file_key is None or run.file_name is None or run.file_removed_at is not None:
        return []
    tenant = tx.tenants.get(run.tenant_id)
    days = tenant.keep_days if tenant else None
    end = run.completed_at + timedelta(days=days) if days is not None and run.completed_at else None
    return [
        p.File(
            name=run.file_name,
            size=run.file_size or 0,
            sha256=run.sha256,
            url=f"/api/runs/{run.id}/file",
            expires_at=end,
        )
    ]


def _cut(text: str | None) -> str | None:
    return None if text is None else text[: p.TEXT]
