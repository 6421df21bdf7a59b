"""Analytics of campaigns and of exports."""

from pydantic import Field

from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Day, Output


class WindowOut(Output):
    start_date: Day | None
    end_date: Day | None


class MeasuresOut(Output):
    impressions: int | None
    clicks: int | None
    conversions: int | None
    spend: float | None
    revenue: float | None
    ctr: float | None
    cpc: float | None
    cpa: float | None
    roas: float | None


class CurrencyTotalsOut(MeasuresOut):
    currency: kinds.CurrencyOut
    change: dict[str, float | None] = Field(
        description=(
            "Relative change by measure: 0.1 is 10% more; null if there is nothing to compare with"
        )
    )


class PointOut(MeasuresOut):
    period: Day = Field(description="First day of the period")
    currency: kinds.CurrencyOut
    campaigns: int


class CampaignTotalOut(MeasuresOut):
    id: kinds.Uuid
    name: str
    channel: str
    status: str


class TopOut(Output):
    currency: kinds.CurrencyOut | None = Field(
        description="Currency of the items: amounts in different currencies cannot be ranked"
    )
    items: list[CampaignTotalOut]
    total: int


class CampaignFiguresOut(Output):
    timezone: kinds.ZoneOut = Field(description="Time zone of the days")
    window: WindowOut
    before: WindowOut | None = Field(description="Period that the changes are relative to")
    group_by: kinds.GroupByOut
    totals: list[CurrencyTotalsOut]
    points: list[PointOut]
    campaigns: TopOut


class SpreadOut(Output):
    count: int
    mean: float
    p95: float


class DayOut(Output):
    date: Day
    runs: dict[str, int] = Field(description="Number of runs by status")
    seconds: SpreadOut | None = Field(description="Duration of completed and partial runs")


class HourOut(Output):
    at: At
    runs: int
    schedules: int
    names: list[str] = Field(description="Names of the first few")


class QueueOut(Output):
    processing: int
    waiting: int
    later: int = Field(description="Runs waiting for a set time, e.g. for a retry")
    oldest: At | None = Field(description="When the oldest queued run was queued")


class WorryOut(Output):
    id: kinds.Uuid
    name: str
    owner_id: kinds.Uuid
    failures: int
    failing_since: At | None
    paused_at: At | None
    paused_reason: str | None
    last_status: kinds.RunStatusOut | None
    last_run_at: At | None


class WorriesOut(Output):
    items: list[WorryOut]
    total: int


class ExportFiguresOut(Output):
    timezone: kinds.ZoneOut
    days: list[DayOut]
    seconds: SpreadOut | None
    hours: list[HourOut]
    queue: QueueOut
    failing: WorriesOut
    paused: WorriesOut
    ownerless: WorriesOut = Field(
        description="Active scheduled exports whose owner can no longer export"
    )
