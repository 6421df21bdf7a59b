"""Analytics of a tenant's campaigns and exports."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.schemas import analytics as schemas
from exports_app.api.schemas import base, kinds
from exports_app.domain import bounds
from exports_app.domain.table import CHANGE_SCALE, Column, Value
from exports_app.domain.timing.period import Period, Window
from exports_app.services.analytics.campaign_totals import MEASURES, Point, Totals
from exports_app.services.analytics.campaigns import (
    SORTS,
    CampaignFigures,
    CampaignTotal,
    CampaignView,
)
from exports_app.services.analytics.exports import Day, ExportFigures, ListedSchedules
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.filters import Filters

router = APIRouter(
    prefix="/api/tenants/{tenant_id}/analytics",
    tags=["analytics"],
    dependencies=[parameters.CHECKED],
)


def readable(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the query's values: 404, then 422."""
    return srv.tenants.get(who, tenant_id)


Readable = Annotated[Tenant, Depends(readable)]


@router.get("/campaigns", response_model=schemas.CampaignFiguresOut, summary="Campaign figures")
def campaigns(
    srv: Srv,
    who: Who,
    tenant: Readable,
    period: Annotated[
        kinds.PeriodKey | None, Query(description="Default: last_30_days, if no dates are given")
    ] = None,
    start: Annotated[base.Day | None, Query(alias="startDate")] = None,
    end: Annotated[base.Day | None, Query(alias="endDate")] = None,
    group_by: Annotated[
        kinds.GroupBy, Query(alias="groupBy", description="day, week or month")
    ] = "day",
    sort: Annotated[
        bounds.Key,
        kinds.order(SORTS),
        Query(
            description=(
                "Order of the campaigns: name or a measure; with a leading - for descending"
            )
        ),
    ] = "-spend",
    currency: Annotated[
        bounds.CurrencyCode,
        Query(
            description=(
                "Currency of the campaigns listed. Default: the one with the most impressions"
            )
        ),
    ] = "",
    top: Annotated[int, Query(ge=1, le=100, description="Maximum number of campaigns")] = 20,
    channel: Annotated[
        bounds.Search, Query(description="Limit all figures to campaigns of this channel")
    ] = "",
    q: Annotated[
        bounds.Search, Query(description="Limit all figures to campaigns that match this search")
    ] = "",
) -> Any:
    """The same figures as in exports of the types `aggregate` and `campaigns`, with the change from
    the previous period."""
    if period is None and start is None and end is None:
        period = Period.LAST_30_DAYS
    filters = Filters(start, end, period, group_by=group_by)
    view = CampaignView(filters, sort, currency, top, channel, q)
    return _figures(srv.campaign_analytics.read(who, tenant.id, view))


@router.get("/exports", response_model=schemas.ExportFiguresOut, summary="Export figures")
def exports(srv: Srv, who: Who, tenant: Readable) -> Any:
    """Runs of the last 30 days, and what is due in the next 24 hours."""
    return _exports(srv.export_analytics.read(who, tenant.id))


def _figures(figures: CampaignFigures) -> dict[str, Any]:
    def measured(values: Sequence[Value]) -> dict[str, Any]:
        return {
            column.key: _number(column, value)
            for column, value in zip(figures.measures, values, strict=True)
        }

    return {
        "timezone": figures.timezone,
        "window": _window(figures.window),
        "before": _window(figures.before) if figures.before else None,
        "group_by": figures.group_by,
        "totals": [_total(total) | measured(total.values) for total in figures.totals],
        "points": [_point(point) | measured(point.values) for point in figures.points],
        "campaigns": {
            "currency": figures.currency or None,
            "items": [_campaign(item) | measured(item.values) for item in figures.top],
            "total": figures.top_total,
        },
    }


def _total(total: Totals) -> dict[str, Any]:
    change = dict(zip(MEASURES, map(_change, total.change), strict=True))
    return {"currency": total.currency, "change": change}


def _point(point: Point) -> dict[str, Any]:
    return {"period": point.period, "currency": point.currency, "campaigns": point.campaigns}


def _campaign(item: CampaignTotal) -> dict[str, Any]:
    return {"id": item.id, "name": item.name, "channel": item.channel, "status": item.status}


def _number(column: Column, value: Value) -> Any:
    return value / 10**column.scale if isinstance(value, int) and column.scale else value


def _change(value: int | None) -> float | None:
    return None if value is None else value / 10**CHANGE_SCALE


def _window(window: Window) -> dict[str, Any]:
    return {"start_date": window.start, "end_date": window.end}


def _exports(figures: ExportFigures) -> dict[str, Any]:
    def day_json(day: Day) -> dict[str, Any]:
        return {
            "date": day.day,
            "runs": {str(status): count for status, count in day.counts.items()},
            "seconds": day.durations,
        }

    lists = ("failing", "paused", "ownerless")
    return {
        "timezone": figures.timezone,
        "days": list(map(day_json, figures.days)),
        "seconds": figures.durations,
        "hours": figures.hours,
        "queue": figures.backlog,
        **{name: _listed(getattr(figures, name)) for name in lists},
    }


def _listed(schedules: ListedSchedules) -> dict[str, Any]:
    return {"items": schedules.schedules, "total": schedules.total}
