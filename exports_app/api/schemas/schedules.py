"""Scheduled exports, and cron expressions."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Day, Instant, Output, PartialInput
from exports_app.domain import bounds
from exports_app.services.schedules.filters import Filters

Recipients = Annotated[list[bounds.Address], Field(max_length=bounds.SENT_RECIPIENTS)]


class FiltersIn(Input):
    start_date: Day | None = None
    end_date: Day | None = None
    period: bounds.Key | None = None
    campaign_ids: list[UUID] | None = Field(default=None, max_length=bounds.CAMPAIGNS)
    group_by: bounds.Key | None = None

    def filters(self) -> Filters:
        ids = tuple(dict.fromkeys(str(one) for one in self.campaign_ids or ()))
        return Filters(self.start_date, self.end_date, self.period, ids, self.group_by)


class ScheduleIn(Input):
    tenant_id: UUID | None = None
    name: bounds.Name
    description: bounds.Description | None = None
    export_type: bounds.Key
    format: bounds.Key
    schedule: bounds.CronText
    timezone: bounds.Zone | None = None
    recipients: Recipients
    filters: FiltersIn = Field(default_factory=FiltersIn)
    when_empty: bounds.Key = "send"
    delivery: bounds.Key = Field("auto", description="auto, attach, zip or link")
    link_days: int = Field(7, description="how long a download link can be used")
    time_limit: int = Field(3600, description="seconds that making the file may take")
    overlap: bounds.Key = Field(
        "skip",
        description="a tick while an earlier one's run has not ended: skip, queue_one or allow",
    )
    catch_up: bounds.Key = Field(
        "latest", description="ticks missed in a downtime: latest, none or all (at most 100)"
    )
    catch_up_hours: int = Field(
        168, description="how old a missed tick may be that catchUp all makes up"
    )
    jitter_seconds: int = Field(
        0, description="a run starts up to so much later than its tick, always as much"
    )
    pause_after: int = Field(5, description="failed runs in a row that pause it; 0: never")
    on_unknown: bounds.Key = Field(
        "resend",
        description="a message that may have arrived or not: resend it, or hold it for a decision",
    )
    retry_attempts: int | None = Field(
        None, description="at a run, the first one too; null: as the server is set"
    )
    retry_base_seconds: int | None = Field(
        None, description="the longest wait after the first failed attempt; null: likewise"
    )
    is_active: bool = True


class ScheduleChange(PartialInput):
    """All optional: what is left out keeps its value. Only description, retryAttempts and
    retryBaseSeconds may be null."""

    name: bounds.Name = ""
    description: bounds.Description | None = None
    export_type: bounds.Key = ""
    format: bounds.Key = ""
    schedule: bounds.CronText = ""
    timezone: bounds.Zone = ""
    recipients: Recipients = Field(default_factory=list)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    when_empty: bounds.Key = ""
    delivery: bounds.Key = ""
    link_days: int = 0
    time_limit: int = 0
    overlap: bounds.Key = ""
    catch_up: bounds.Key = ""
    catch_up_hours: int = 0
    jitter_seconds: int = 0
    pause_after: int = 0
    on_unknown: bounds.Key = ""
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    is_active: bool = True
    version: int | None = Field(
        default=None, description="the version you edited: 409 when somebody else was quicker"
    )


def draft_values(body: ScheduleIn | ScheduleChange) -> dict[str, Any]:
    """The sent fields as the service takes them."""
    values = {k: v for k, v in body.given().items() if k not in {"tenant_id", "version"}}
    if isinstance(body, ScheduleIn) and values.get("timezone", "") is None:
        del values["timezone"]
    if "filters" in values:
        values["filters"] = body.filters.filters()
    if "recipients" in values:
        values["recipients"] = tuple(body.recipients)
    return values


class ScheduleOut(Output):
    id: str
    tenant_id: str
    name: str
    description: str | None
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: list[str]
    filters: dict[str, Any]
    when_empty: str
    delivery: str
    link_days: int
    time_limit: int
    overlap: str
    catch_up: str
    catch_up_hours: int
    jitter_seconds: int
    pause_after: int
    on_unknown: str
    retry_attempts: int | None
    retry_base_seconds: int | None
    is_active: bool
    failures: int = Field(description="runs of ticks that failed in a row")
    paused_at: datetime | None
    paused_reason: str | None = Field(
        description="why it was paused by itself; activate it to resume"
    )
    version: int
    last_run_at: datetime | None
    last_status: str | None
    next_run_at: datetime | None
    created_by: str
    owner_id: str
    created_at: datetime
    updated_at: datetime


class SchedulesOut(Output):
    items: list[ScheduleOut]
    total: int
    page: int
    size: int


class TriggerOut(Output):
    history_id: str
    status: str


class BackfillIn(Input):
    start_date: Day
    end_date: Day


class BackfillOut(Output):
    created: int = Field(description="runs that wait now")
    existing: int = Field(description="run times on these days that had a run already")
    history_ids: list[str] = Field(
        description="of the created ones, in the order of their run times"
    )


class CronIn(Input):
    expression: bounds.AskedCron
    timezone: bounds.Zone | None = None
    after: Instant | None = Field(
        default=None, description="an instant with its zone; default: now"
    )
    count: int = Field(5, ge=1, le=50)


class CronOut(Output):
    valid: bool
    expression: str
    message: str
    description: str | None
    next_runs: list[datetime]
