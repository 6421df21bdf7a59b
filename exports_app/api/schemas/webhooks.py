"""Webhooks."""

from typing import Annotated, Any
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Instant, Output, PageOut
from exports_app.api.schemas.changes import Fixed, Found, PartialInput
from exports_app.api.schemas.patches import patch_of
from exports_app.domain import bounds
from exports_app.services.core.records import WebhookStatus
from exports_app.services.events.kinds import CHOICES, EventType
from exports_app.services.webhooks.rules import WebhookDraft

Name = Annotated[bounds.WebhookName, kinds.said(minLength=1)]
Url = Annotated[bounds.Url, kinds.said(format="uri", minLength=1)]
Event = Annotated[bounds.Key, kinds.Among(lambda: CHOICES)]
Events = Annotated[list[Event], Len(max_length=bounds.WEBHOOK_EVENTS), kinds.said(minItems=1)]
Ids = Annotated[list[UUID], Len(max_length=bounds.WEBHOOK_SCHEDULES), kinds.said(minItems=1)]
MessageIdOut = Annotated[str, kinds.said(pattern="^msg_[0-9a-f]{32}$")]
EventOut = Annotated[str, kinds.Among(lambda: EventType)]
StatusOut = Annotated[str, kinds.Among(lambda: WebhookStatus)]

URL = "https, or http to a network in ALLOWED_NETWORKS. Without user name, password and #"
EVENTS = "See GET /api/webhooks/events"
SCHEDULES = "Only events of these; null or left out: of all, also of those to come"
ACTIVE = "false: it gets no messages, and what waits is cancelled"


class WebhookIn(Input):
    tenant_id: UUID | None = Field(None, description="Needed if you are a member of several")
    name: Name
    url: Url = Field(description=URL)
    events: Events = Field(description=EVENTS)
    scheduled_export_ids: Ids | None = Field(None, description=SCHEDULES)
    is_active: bool = Field(True, description=ACTIVE)

    def draft(self) -> WebhookDraft:
        return WebhookDraft(
            self.name,
            self.url,
            self.events,
            _texts(self.scheduled_export_ids),
            self.is_active,
        )


class WebhookChange(PartialInput):
    """All fields are optional: those left out keep their value."""

    id: Fixed = None
    tenant_id: Fixed = None
    created_by: Fixed = None
    created_at: Fixed = None
    updated_at: Found = None
    disabled_reason: Found = None
    failing_since: Found = None
    last_attempt_at: Found = None
    last_success_at: Found = None
    previous_secret_until: Found = None
    name: Name = ""
    url: Url = Field("", description=URL)
    events: Events = Field(default_factory=list, description=EVENTS)
    scheduled_export_ids: Ids | None = Field(None, description=SCHEDULES)
    is_active: bool = Field(True, description=ACTIVE)
    version: int | None = Field(
        default=None, description="The version you edited: 409 if someone has changed it since"
    )

    def changes(self) -> dict[str, Any]:
        """The sent fields as the service takes them."""
        values = {name: value for name, value in self.given().items() if name != "version"}
        if "scheduled_export_ids" in values:
            values["schedule_ids"] = _texts(values.pop("scheduled_export_ids"))
        return values


WebhookPatch = patch_of(WebhookChange, "WebhookPatch", WebhookIn)


class ReplayIn(Input):
    since: Instant = Field(description="Failed and cancelled messages about events from then on")


class WebhookOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    name: str
    url: kinds.UriOut
    events: list[EventOut]
    scheduled_export_ids: list[kinds.Uuid] | None = Field(description="null: all")
    is_active: bool
    disabled_reason: str | None = Field(description="Why it was switched off automatically")
    failing_since: At | None = Field(description="First of the current failed attempts in a row")
    last_attempt_at: At | None
    last_success_at: At | None
    previous_secret_until: At | None = Field(
        description="Until then, messages are signed with the previous secret, too"
    )
    version: int
    created_by: kinds.Uuid
    created_at: At
    updated_at: At


class NewSecretOut(WebhookOut):
    secret: str = Field(description="Verifies signatures. Shown only once")


class WebhooksOut(Output):
    items: list[WebhookOut]


class WebhookDeliveryOut(Output):
    id: kinds.Uuid
    webhook_id: kinds.Uuid
    message_id: MessageIdOut = Field(
        description="webhook-id of the message: the same at each attempt"
    )
    event: EventOut
    status: StatusOut
    attempts: int
    next_attempt_at: At | None
    response_status: int | None = Field(description="HTTP status of the last response")
    error: str | None
    created_at: At = Field(description="When the event happened")
    ended_at: At | None


class WebhookAttemptOut(Output):
    number: int
    at: At
    duration_ms: int
    response_status: int | None
    response_head: str | None = Field(description="Status line and headers")
    response_body: str | None = Field(description="The first 4 KB")
    error: str | None


class WebhookDeliveryDetailOut(WebhookDeliveryOut):
    body: dict[str, Any] = Field(description="What is sent")
    attempt_log: list[WebhookAttemptOut]


class WebhookDeliveriesOut(PageOut):
    items: list[WebhookDeliveryOut]


class ReplayedOut(Output):
    deliveries: int = Field(description="How many will be sent again, at most 1,000 at once")


class EventTypeOut(Output):
    type: EventOut
    label: str
    description: str
    example_body: dict[str, Any] = Field(description="Body of a message")


class EventTypesOut(Output):
    items: list[EventTypeOut]


def _texts(ids: list[UUID] | None) -> list[str] | None:
    return None if ids is None else [str(one) for one in ids]
