"""Feeds."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Output
from exports_app.domain import bounds

KeyName = Annotated[bounds.KeyName, kinds.said(minLength=1)]


class FeedIn(Input):
    name: KeyName = Field(description="What reads it")
    tenant_id: UUID | None = Field(
        None, description="Needed if you are a member of several, without scheduledExportId"
    )
    scheduled_export_id: UUID | None = Field(
        None, description="Limit the feed to this scheduled export; null or left out: all"
    )


class FeedOut(Output):
    id: kinds.Uuid
    name: str
    prefix: str = Field(description="First characters of its token, to tell feeds apart")
    tenant_id: kinds.Uuid
    scheduled_export_id: kinds.Uuid | None = Field(description="null: all of the tenant")
    created_at: At
    last_used_at: At | None = Field(description="Accurate to a minute; null: never")
    last_used_address: str | None


class NewFeedOut(FeedOut):
    calendar_url: kinds.UriOut = Field(
        description="Next runs (iCalendar). Shown only once: whoever has it can read the feed"
    )
    atom_url: kinds.UriOut = Field(description="Ended runs (Atom). Shown only once, too")


class FeedsOut(Output):
    items: list[FeedOut]
