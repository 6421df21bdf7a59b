"""What the messages about events say. Fields are only added: programs of others read them."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from exports_app.services.core.records import WebhookMessage
from exports_app.services.events.kinds import EventType

TEXT = 1_000
"""The most characters of an error or a reason: a message stays below 20 KB."""


def _whole(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


At = Annotated[datetime, PlainSerializer(_whole, return_type=str)]
"""An instant in UTC, to the second."""


class Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Tenant(Part):
    id: str
    slug: str
    name: str


class ScheduledExport(Part):
    id: str
    slug: str | None = Field(description="Null for one without a slug yet")
    name: str
    url: str = Field(description="Its address in the API")


class Deliveries(Part):
    """How many there are of each status."""

    total: int
    accepted: int
    failed: int
    unknown: int
    skipped: int


class Error(Part):
    code: str = Field(description="As errorCode of the run in the API")
    message: str


class Run(Part):
    id: str
    trigger: str
    status: str
    attempt: int = Field(description="How many attempts it took")
    scheduled_for: At | None = Field(description="Null for one that was started by hand")
    created_at: At
    started_at: At | None
    completed_at: At
    window_start: date | None = Field(description="First day of the data, in timezone")
    window_end: date | None = Field(description="Last day of the data")
    timezone: str
    rows: int | None
    deliveries: Deliveries
    error: Error | None
    url: str = Field(description="Its address in the API")


class File(Part):
    name: str
    size: int = Field(description="Bytes")
    sha256: str | None = Field(description="In hex")
    url: str = Field(description="Where the API gives it to an API key that may read")
    expires_at: At | None = Field(description="When it is removed")


class RunEvent(Part):
    """Data of export.run.…"""

    tenant: Tenant
    scheduled_export: ScheduledExport
    run: Run
    files: list[File]


class Actor(Part):
    id: str | None = Field(description="Null for the app itself and the command line")
    name: str


class ScheduleEvent(Part):
    """Data of export.schedule.…"""

    tenant: Tenant
    scheduled_export: ScheduledExport
    by: Actor
    changed: list[str] = Field(description="Names of the changed fields, as in the API")
    reason: str | None = Field(description="Why it was paused automatically")


class Endpoint(Part):
    id: str
    name: str


class PingEvent(Part):
    """Data of ping."""

    tenant: Tenant
    webhook: Endpoint
    by: Actor


MODELS: dict[EventType, type[Part]] = {
    kind: RunEvent
    if kind.startswith("export.run.")
    else PingEvent
    if kind is EventType.PING
    else ScheduleEvent
    for kind in EventType
}


def envelope(message: WebhookMessage, base_url: str, keep_days: int) -> dict[str, Any]:
    """The body of a message. base_url: what stands before the path in addresses. keep_days: how
    long files are kept where the tenant says nothing else."""
    data = dict(message.data)
    for part in ("scheduledExport", "run"):
        if part in data:
            data[part] = {**data[part], "url": base_url + data[part]["url"]}
    if "files" in data:
        end = datetime.fromisoformat(data["run"]["completedAt"]) + timedelta(days=keep_days)
        data["files"] = [
            {**file, "url": base_url + file["url"], "expiresAt": file["expiresAt"] or _whole(end)}
            for file in data["files"]
        ]
    return {"type": message.type, "timestamp": _whole(message.created_at), "data": data}
