"""Scheduled exports, and cron expressions."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, computed_field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Day, Instant, Output, PageOut
from exports_app.api.schemas.changes import Fixed, Found, PartialInput
from exports_app.api.schemas.health import MaintenanceOut
from exports_app.api.schemas.options import with_options
from exports_app.api.schemas.patches import Patch, patch_of
from exports_app.domain import bounds
from exports_app.services.core.partial import Partial
from exports_app.services.schedules.deleted import KEPT
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.recipients import warnings

Recipients = Annotated[
    list[kinds.Email],
    Field(
        max_length=bounds.SENT_RECIPIENTS,
        description="Email addresses. At least one, unless there are destinations",
    ),
]
DestinationIds = Annotated[
    list[UUID],
    Field(
        max_length=bounds.SENT_DESTINATIONS,
        description=f"IDs of up to {bounds.DESTINATIONS} destinations of the tenant",
    ),
]
Slug = Annotated[kinds.Slug | None, kinds.EMPTY_IS_NULL]
Description = Annotated[bounds.Description | None, kinds.EMPTY_IS_NULL]
OptionalZone = Annotated[kinds.Zone | None, kinds.EMPTY_IS_NULL]
Tags = Annotated[
    list[bounds.Tag],
    Field(
        max_length=bounds.SENT_TAGS,
        description=f"Up to {bounds.TAGS} tags. Tags that differ only in case count as one",
    ),
]


SLUG = (
    f"Name for programs, unique in the tenant: up to {bounds.SLUG} lower-case letters, digits and"
    " single hyphens."
)


class FiltersIn(Input):
    start_date: Day | None = None
    end_date: Day | None = None
    period: kinds.PeriodKey | None = None
    campaign_ids: list[UUID] | None = Field(default=None, max_length=bounds.CAMPAIGNS)
    group_by: kinds.GroupBy | None = None

    def filters(self) -> Filters:
        ids = tuple(dict.fromkeys(str(campaign_id) for campaign_id in self.campaign_ids or ()))
        return Filters(self.start_date, self.end_date, self.period, ids, self.group_by)

    def changes(self) -> Partial:
        """Those that the caller sent."""
        every = self.filters()
        return Partial({name: getattr(every, name) for name in self.model_fields_set})


@with_options(before="is_active", is_input=True)
class ScheduleIn(Input):
    tenant_id: UUID | None = None
    name: kinds.Name
    slug: Slug = Field(default=None, description=f"{SLUG} Made from the name if left out")
    description: Description = None
    export_type: kinds.ExportType
    format: kinds.Format
    schedule: kinds.CronText
    timezone: OptionalZone = None
    recipients: Recipients = Field(default_factory=list)
    destination_ids: DestinationIds = Field(default_factory=list)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    is_active: bool = True
    tags: Tags = Field(default_factory=list)


class _AsAnswered(PartialInput):
    id: Fixed = None
    tenant_id: Fixed = None
    created_by: Fixed = None
    owner_id: Fixed = None
    created_at: Fixed = None
    failing: Found = None
    failures: Found = None
    paused_at: Found = None
    paused_reason: Found = None
    last_run_at: Found = None
    last_status: Found = None
    next_run_at: Found = None
    updated_at: Found = None
    warnings: Found = None


@with_options(before="is_active", is_input=True)
class ScheduleChange(_AsAnswered):
    """All fields are optional: those left out keep their value. Only fields that can be empty may
    be null."""

    name: kinds.Name = ""
    slug: Slug = Field(default=None, description=f"{SLUG} null: as it is")
    description: Description = None
    export_type: kinds.ExportType = ""
    format: kinds.Format = ""
    schedule: kinds.CronText = ""
    timezone: kinds.Zone = ""
    recipients: Recipients = Field(default_factory=list)
    destination_ids: DestinationIds = Field(default_factory=list)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    is_active: bool = True
    tags: Tags = Field(default_factory=list)
    version: int | None = Field(
        default=None, description="The version you edited: 409 if someone has changed it since"
    )


SchedulePatch = patch_of(ScheduleChange, "SchedulePatch", ScheduleIn)


def draft_values(body: ScheduleIn | ScheduleChange) -> dict[str, Any]:
    """The sent fields as the service takes them."""
    values = {k: v for k, v in body.given().items() if k not in {"tenant_id", "version"}}
    if isinstance(body, ScheduleIn) and values.get("timezone", "") is None:
        del values["timezone"]
    if values.get("slug", "") is None:
        del values["slug"]
    if "filters" in values:
        sent: FiltersIn = values["filters"]
        merges = isinstance(body, Patch) and body.filters is not None
        values["filters"] = sent.changes() if merges else sent.filters()
    if "destination_ids" in values:
        values["destination_ids"] = tuple(str(one) for one in values["destination_ids"])
    return values | {name: tuple(values[name]) for name in ("recipients", "tags") if name in values}


@with_options(before="is_active", is_input=False)
class _StoredOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    name: str
    slug: str | None = Field(
        description=(
            "Name for programs, unique in the tenant; it stays when the name changes. null within "
            "a minute after an upgrade from a version without slugs"
        )
    )
    description: str | None
    export_type: kinds.ExportTypeOut
    format: kinds.FormatOut
    schedule: kinds.CronOut
    timezone: kinds.ZoneOut
    recipients: list[kinds.EmailOut]
    destination_ids: list[kinds.Uuid]
    filters: dict[str, Any]
    is_active: bool
    tags: list[str]
    failing: bool = Field(
        description="Whether it is active and its latest scheduled run failed, in whole or in part"
    )
    failures: int = Field(description="Number of consecutive failed scheduled runs")
    paused_at: At | None
    paused_reason: str | None = Field(
        description="Why it was paused automatically. Activate it to resume"
    )
    version: int
    last_run_at: At | None
    last_status: kinds.RunStatusOut | None
    next_run_at: At | None
    created_by: kinds.Uuid
    owner_id: kinds.Uuid
    created_at: At
    updated_at: At


class WarningOut(Output):
    """A likely mistake. It does not prevent saving."""

    pointer: kinds.PointerOut = Field(
        description="JSON pointer (RFC 6901) into the scheduled export"
    )
    detail: str


class ScheduleOut(_StoredOut):
    @computed_field(  # type: ignore[prop-decorator]
        description="Recipients or a replyTo that look like typing errors, such as ann@gmial.com"
    )
    @property
    def warnings(self) -> list[WarningOut]:
        reply_to: str | None = getattr(self, "reply_to", None)  # set by with_options
        return [WarningOut.model_validate(found) for found in warnings(self.recipients, reply_to)]


class SchedulesOut(PageOut):
    items: list[ScheduleOut]


class TransferIn(Input):
    owner_id: UUID = Field(
        description=(
            "ID of an active member of the tenant who can change scheduled exports, or your own"
        )
    )
    version: int | None = Field(
        default=None, description="The version you saw: 409 if someone has changed it since"
    )


class TagsOut(Output):
    items: list[str]


class DeletedOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    name: str
    is_active: bool = Field(
        description="Whether it was active when deleted, and will be again when restored"
    )
    deleted_at: At
    deleted_by: kinds.Uuid | None = Field(
        description=(
            "ID of the user who deleted it; null if deleted by an older version of the app"
        )
    )

    @computed_field(description="When it will be removed permanently")  # type: ignore[prop-decorator]
    @property
    def restorable_until(self) -> datetime:
        return self.deleted_at + KEPT


class DeletedSchedulesOut(PageOut):
    items: list[DeletedOut]


class TriggerOut(Output):
    history_id: kinds.Uuid
    status: kinds.RunStatusOut
    location: kinds.PathOut = Field(
        description="Path of the run: GET it, with wait to wait for its end"
    )
    maintenance: MaintenanceOut | None = Field(
        None,
        description="The run waits until maintenance is over; left out unless maintenance is on",
    )


class CronIn(Input):
    expression: bounds.AskedCron
    timezone: kinds.Zone | None = None
    after: Instant | None = Field(
        default=None, description="Date and time with a UTC offset. Default: now"
    )
    count: int = Field(5, ge=1, le=50)


class CronOut(Output):
    valid: bool
    expression: str
    message: str
    description: str | None
    next_runs: list[At]
