"""What the messages about events say. Fields are only added: programs of others read them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from exports_app.domain.runs.states import TRIALS, DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.records import WebhookMessage
from exports_app.services.events.kinds import EventType

TEXT = 1_000
"""The most characters of an error or a reason: a message stays below 20 KB."""
LOCATION = 700
"""The most bytes of a location, in UTF-8, for the same reason. A part of one leads nowhere."""


def _whole(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


At = Annotated[
    datetime,
    PlainSerializer(_whole, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant in UTC, to the second."""
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
ApiUrl = Annotated[Url, Field(description="Its address in the API")]
ENDS = (RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.SKIPPED)
"""How the runs ended that are events."""


def _among(values: Iterable[str]) -> Any:
    """Not enforced: no value may keep an event from being noted."""
    return Field(json_schema_extra={"enum": [str(value) for value in values]})


class Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Tenant(Part):
    id: Id
    slug: str
    name: str


class ScheduledExport(Part):
    id: Id
    slug: str | None = Field(description="Null for one without a slug yet")
    name: str
    url: ApiUrl


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
    id: Id
    trigger: str = _among(trigger for trigger in Trigger if trigger not in TRIALS)
    status: str = _among(ENDS)
    attempt: int = Field(description="How many attempts it took")
    scheduled_for: At | None = Field(description="Null for one that was started by hand")
    created_at: At
    started_at: At | None
    completed_at: At
    window_start: date | None = Field(description="First day of the data, in timezone")
    window_end: date | None = Field(description="Last day of the data")
    timezone: str = Field(examples=["Europe/Berlin"])
    rows: int | None
    deliveries: Deliveries
    error: Error | None
    url: ApiUrl


class File(Part):
    name: str
    size: int = Field(description="Bytes")
    sha256: str | None = Field(
        description="In hex", json_schema_extra={"pattern": "^[0-9a-f]{64}$"}
    )
    url: Url = Field(description="Where the API gives it to an API key that may read")
    expires_at: At | None = Field(description="When it is removed")


class Destination(Part):
    """What became of the run's file at one destination."""

    id: Id
    name: str
    channel: str = Field(examples=["folder"])
    status: str = _among(DeliveryStatus)
    location: str | None = Field(
        description="Where the file or the message is, as the channel says; null where it is not"
        f" there, and where it would take over {LOCATION} bytes: the run in the API has it"
    )


class RunEvent(Part):
    """Data of export.run.…"""

    tenant: Tenant
    scheduled_export: ScheduledExport
    run: Run
    files: list[File]
    destinations: list[Destination]


class Actor(Part):
    id: Id | None = Field(description="Null for the app itself and the command line")
    name: str


class ScheduleEvent(Part):
    """Data of export.schedule.…"""

    tenant: Tenant
    scheduled_export: ScheduledExport
    by: Actor
    changed: list[Annotated[str, Field(examples=["schedule"])]] = Field(
        description="Names of the changed fields, as in the API"
    )
    reason: str | None = Field(description="Why it was paused automatically")


class Endpoint(Part):
    id: Id
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
