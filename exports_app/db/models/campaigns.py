"""Campaigns and their daily metrics."""

import datetime as dt

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from exports_app.db.models.base import Base, id_column, reference
from exports_app.db.types import code_point, identifier


class CampaignRow(Base, table=True):
    __tablename__ = "campaigns"
    # Unique, which the id is by itself: so SQLite knows that rows come in the order of the index,
    # and sorts nothing
    __table_args__ = (
        Index("ix_campaigns_tenant_id_name_id", "tenant_id", "name", "id", unique=True),
        Index("ix_campaigns_name_id", "name", "id"),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants", cascade=True)
    name: str = Field(sa_type=code_point(200))
    channel: str = Field(max_length=100)
    status: str = Field(max_length=50)
    currency: str = Field(sa_type=code_point(3))
    budget: int | None = Field(default=None, sa_type=BigInteger)
    start_date: dt.date | None = None
    end_date: dt.date | None = None


class MetricRow(Base, table=True):
    __tablename__ = "campaign_metrics"
    campaign_id: str = Field(
        foreign_key="campaigns.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    date: dt.date = Field(primary_key=True)
    impressions: int = Field(default=0, sa_type=BigInteger)
    clicks: int = Field(default=0, sa_type=BigInteger)
    conversions: int = Field(default=0, sa_type=BigInteger)
    spend: int = Field(default=0, sa_type=BigInteger)
    revenue: int = Field(default=0, sa_type=BigInteger)
