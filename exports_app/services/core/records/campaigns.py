"""Campaigns and their daily metrics."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Campaign:
    id: str
    tenant_id: str
    name: str
    channel: str
    status: str
    currency: str
    budget: int | None = None
    start_date: date | None = None
    end_date: date | None = None


MEASURES = ("impressions", "clicks", "conversions", "spend", "revenue")
"""The fields of a day."""


@dataclass(frozen=True)
class Metric:
    """One campaign's day."""

    campaign_id: str
    date: date
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: int = 0
    revenue: int = 0
