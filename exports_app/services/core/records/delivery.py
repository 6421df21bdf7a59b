"""Deliveries of a run's file and notifications about schedules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from exports_app.domain.runs.states import DeliveryStatus


@dataclass(frozen=True)
class Delivery:
    id: str
    history_id: str
    channel: str
    target: str
    status: DeliveryStatus
    message_id: str
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None


class NotificationKind(StrEnum):
    """FAILING: the first run of a row that failed; GAVE_UP: a run failed for good after several
    attempts; PAUSED: its schedule was paused; RECOVERED: the first good run after a row of
    others."""

    FAILING = "failing"
    GAVE_UP = "gave_up"
    PAUSED = "paused"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Notification:
    """An email about a schedule to one who looks after it. content: what it tells, by name; its id
    is its Message-ID.

    history_id: None where no run is the reason. next_attempt_at: when it is sent, or sent again;
    None: it has its end.
    """

    id: str
    tenant_id: str
    scheduled_export_id: str
    history_id: str | None
    kind: NotificationKind
    target: str
    content: dict[str, Any]
    status: DeliveryStatus
    created_at: datetime
    attempts: int = 0
    error: str | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
