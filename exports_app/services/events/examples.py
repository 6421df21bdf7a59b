"""An example of each event, put together from the models: for the API and the documentation."""

from datetime import UTC, date, datetime
from typing import Any

from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.records import WebhookMessage
from exports_app.services.events import payloads as p
from exports_app.services.events.kinds import EventType

BASE_URL = "https://exports.example.com"
KEEP_DAYS = 30
EXPORT_ID = "3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90"
RUN_ID = "7d1c2f0a-9b3e-4c58-8a6d-2e4f6b8c0d1e"
USER_ID = "5e8a1b3c-6d2f-4a90-b7c4-9f0e1d2c3b4a"
WEBHOOK_ID = "9c4e7a2b-1d5f-4b83-a6e0-8f2c4d6b0a1e"
MESSAGE_ID = "msg_2f6b8c1e5a944d7b9c3e1f6a2b7d8e90"
AT = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)
TICK = AT.replace(second=0)

_TENANT = p.Tenant(id="0d9c8b7a-6f5e-4d3c-8b2a-1f0e9d8c7b6a", slug="acme", name="Acme")
_EXPORT = p.ScheduledExport(
    id=EXPORT_ID,
    slug="weekly-performance",
    name="Weekly performance",
    url=f"/api/scheduled-exports/{EXPORT_ID}",
)
_ANN = p.Actor(id=USER_ID, name="Ann Lee")
_FILE = p.File(
    name="weekly-performance.csv",
    size=48_213,
    sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    url=f"/api/runs/{RUN_ID}/file",
    expires_at=None,
)
_BUCKET = p.Destination(
    id="6a1d9e2c-4b7f-4e35-9d80-3c5f7a9b1e2d",
    name="Warehouse",
    channel="bucket",
    status=DeliveryStatus.ACCEPTED,
    location="s3://acme-exports/weekly-performance/2026-03-02.csv",
)


def of(kind: EventType) -> dict[str, Any]:
    """The body of a message."""
    data = _data(kind).model_dump(mode="json", by_alias=True)
    message = WebhookMessage(MESSAGE_ID, _TENANT.id, kind, EXPORT_ID, data, AT)
    return p.envelope(message, BASE_URL, KEEP_DAYS)


def _data(kind: EventType) -> p.Part:
    match kind:
        case EventType.PING:
            endpoint = p.Endpoint(id=WEBHOOK_ID, name="Warehouse")
            return p.PingEvent(tenant=_TENANT, webhook=endpoint, by=_ANN)
        case EventType.RUN_COMPLETED:
            return _run(RunStatus.COMPLETED, (2, 2, 0), None)
        case EventType.RUN_PARTIAL:
            error = p.Error(code="delivery_failed", message="1 of 2 messages was not delivered")
            return _run(RunStatus.PARTIAL, (2, 1, 1), error)
        case EventType.RUN_FAILED:
            error = p.Error(code="too_large", message="The file would have more than 2000 MB")
            return _run(RunStatus.FAILED, (0, 0, 0), error)
        case EventType.RUN_SKIPPED:
            error = p.Error(
                code="overlap",
                message="the previous run was still running, and overlapping runs are skipped",
            )
            return _run(RunStatus.SKIPPED, (0, 0, 0), error)
        case _:
            return _schedule(kind)


def _schedule(kind: EventType) -> p.ScheduleEvent:
    changed = {
        EventType.SCHEDULE_UPDATED: ["schedule", "recipients"],
        EventType.SCHEDULE_PAUSED: ["isActive"],
    }
    return p.ScheduleEvent(
        tenant=_TENANT,
        scheduled_export=_EXPORT,
        by=_ANN,
        changed=changed.get(kind, []),
        reason=None,
    )


def _run(status: RunStatus, sent: tuple[int, int, int], error: p.Error | None) -> p.RunEvent:
    has_file = status in {RunStatus.COMPLETED, RunStatus.PARTIAL}
    total, accepted, failed = sent
    return p.RunEvent(
        tenant=_TENANT,
        scheduled_export=_EXPORT,
        run=p.Run(
            id=RUN_ID,
            trigger=Trigger.SCHEDULE,
            status=status,
            attempt=0 if status is RunStatus.SKIPPED else 1,
            scheduled_for=TICK,
            created_at=TICK,
            started_at=None if status is RunStatus.SKIPPED else TICK,
            completed_at=AT,
            window_start=date(2026, 2, 23),
            window_end=date(2026, 3, 1),
            timezone="Europe/Berlin",
            rows=1_204 if has_file else None,
            deliveries=p.Deliveries(
                total=total, accepted=accepted, failed=failed, unknown=0, skipped=0
            ),
            error=error,
            url=f"/api/runs/{RUN_ID}",
        ),
        files=[_FILE] if has_file else [],
        destinations=[_BUCKET] if has_file else [],
    )
