"""Kept figures of past days."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field

from exports_app.db.models.base import Base
from exports_app.db.types import UtcDateTime, identifier


class ClosedDayRow(Base, table=True):
    """The figures of a tenant's runs of a past day, from its first instant to the next day's: see
    `AnalyticsStore`. Triggers of the database remove the row in the transaction that changes one of
    these runs or adds one (migration 0034).

    The key begins with the end: a new run, which is later than all of them, is compared with none.
    """

    __tablename__ = "closed_days"
    __table_args__ = (Index("ix_closed_days_ends", "ends"),)
    tenant_id: str = Field(foreign_key="tenants.id", sa_type=identifier(), primary_key=True)
    ends: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    begins: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    counts: dict[str, int] = Field(sa_type=JSON)
    delivered: int
    mean: float
    p95: float
    lengths: dict[str, Any] = Field(sa_type=JSON)
