"""Analytics of campaigns and of exports."""

from datetime import datetime

from pydantic import Field

from exports_app.api.schemas.base import Day, Output


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
    currency: str
    change: dict[str, float | None] = Field(
        description=(
            "by measure, relative: 0.1 is ten per cent more; null where there is nothing to "
            "compare with"
        )
    )


class PointOut(MeasuresOut):
    period: Day = Field(description="its first day")
    currency: str
    campaigns: int


class CampaignTotalOut(MeasuresOut):
    id: str
    name: str
    channel: str
    status: str


class TopOut(Output):
    currency: str | None = Field(
        description="of the items: amounts of different currencies have no order"
    )
    items: list[CampaignTotalOut]
    total: int


class CampaignFiguresOut(Output):
    timezone: str = Field(description="in which the days of a period are counted")
    window: WindowOut
    before: WindowOut | None = Field(description="the days that the changes are against")
    group_by: str
    totals: list[CurrencyTotalsOut]
    points: list[PointOut]
    campaigns: TopOut


class SpreadOut(Output):
    count: int
    mean: float
    p95: float


class DayOut(Output):
    date: Day
    runs: dict[str, int] = Field(description="by status")
    seconds: SpreadOut | None = Field(description="that completed and partial runs took")


class HourOut(Output):
    at: datetime
    runs: int
    schedules: int
    names: list[str] = Field(description="of the first of them")


class QueueOut(Output):
    processing: int
    waiting: int
    later: int = Field(description="that wait for an instant, e.g. of another attempt")
    oldest: datetime | None = Field(
        description="since when the longest waiting of the waiting ones waits"
    )


class WorryOut(Output):
    id: str
    name: str
    owner_id: str
    failures: int
    failing_since: datetime | None
    paused_at: datetime | None
    paused_reason: str | None
    last_status: str | None
    last_run_at: datetime | None


class WorriesOut(Output):
    items: list[WorryOut]
    total: int


class ExportFiguresOut(Output):
    timezone: str
    days: list[DayOut]
    seconds: SpreadOut | None
    hours: list[HourOut]
    queue: QueueOut
    failing: WorriesOut
    paused: WorriesOut
    ownerless: WorriesOut = Field(description="active ones whose owner may not export any more")
