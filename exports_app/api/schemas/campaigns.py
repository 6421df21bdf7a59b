"""Campaigns and their daily metrics."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import FailFast, Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import (
    Amount,
    Day,
    Money,
    Output,
    PageOut,
    hundredths,
)
from exports_app.api.schemas.changes import Fixed, PartialInput
from exports_app.api.schemas.patches import patch_of
from exports_app.domain import bounds


class CampaignIn(Input):
    tenant_id: UUID | None = None
    name: kinds.Name
    channel: kinds.Channel = "other"
    status: kinds.Status = "active"
    currency: kinds.Currency
    budget: Money | None = None
    start_date: Day | None = None
    end_date: Day | None = None


class CampaignChange(PartialInput):
    """All fields are optional: those left out keep their value. budget and the dates may be
    null."""

    id: Fixed = None
    tenant_id: Fixed = None
    name: kinds.Name = ""
    channel: kinds.Channel = ""
    status: kinds.Status = ""
    currency: kinds.Currency = ""
    budget: Money | None = None
    start_date: Day | None = None
    end_date: Day | None = None


CampaignPatch = patch_of(CampaignChange, "CampaignPatch", CampaignIn)


def campaign_values(body: CampaignIn | CampaignChange) -> dict[str, Any]:
    """The fields as the service takes them: all of a new campaign, the sent ones of a change."""
    values = dict(body) if isinstance(body, CampaignIn) else body.given()
    values.pop("tenant_id", None)
    if body.budget is not None:
        values["budget"] = hundredths(body.budget)
    return values


class CampaignOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    name: str
    channel: str
    status: str
    currency: kinds.CurrencyOut
    budget: Amount | None
    start_date: Day | None
    end_date: Day | None


class CampaignsOut(PageOut):
    items: list[CampaignOut]


class MetricIn(PartialInput):
    """One day. Fields left out keep the stored value, and are 0 on a new day. null is not allowed:
    send 0 to clear a value."""

    date: Day
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: Money = Decimal(0)
    revenue: Money = Decimal(0)


class MetricsIn(Input):
    # Only the errors of the first wrong day: those of ten thousand days would be made in one call
    # that holds up everyone
    items: Annotated[list[MetricIn], FailFast()] = Field(max_length=bounds.METRIC_DAYS)


class WrittenOut(Output):
    written: int
