"""Deliveries of a run's file and notifications about schedules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import DeliveryStatus


@dataclass(frozen=True)
class Delivery:
    id: str
    history_id: str
    channel: str
    target: str
    """An address, or the name of a destination."""
    status: DeliveryStatus
    message_id: str
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None
    sent_as: str | None = None
    """attach, zip, link or file: what it brings, or brought."""
    sent_size: int | None = None
    """Bytes of the attachment or the file; None for a link."""
    resends: int = 0
    """How often it was sent again by itself though it was unknown."""
    destination_id: str | None = None
    """None: it goes to a recipient."""
    location: str | None = None
    """Where the file or the message is, as the destination's channel says."""


class NotificationKind(OpenEnum):
    """FAILING: the first of several failed runs in a row. GAVE_UP: a run failed after several
    attempts. PAUSED: the schedule was paused automatically. RECOVERED: the first completed run
    after failed ones."""

    FAILING = "failing"
    GAVE_UP = "gave_up"
    PAUSED = "paused"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Notification:
    """An email about a schedule to its owner or an admin. Its id is its Message-ID.

    content: its facts, by name. history_id: the run that caused it, if any. next_attempt_at: None
    where it is finished.
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
