"""What a scheduled export would send now."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output
from exports_app.api.schemas.catalog import ColumnOut
from exports_app.api.schemas.schedules import FiltersIn
from exports_app.domain import bounds
from exports_app.domain.runs.delivery_mode import DeliveryMode


class PreviewIn(Input):
    tenant_id: UUID | None = Field(
        default=None, description="Can be left out by members of a single tenant"
    )
    export_type: kinds.ExportType
    format: kinds.Format
    timezone: kinds.Zone | None = Field(default=None, description="Default: the tenant's")
    filters: FiltersIn = Field(default_factory=FiltersIn)


class MessagePreviewIn(PreviewIn):
    name: bounds.Name = ""
    delivery: DeliveryMode = DeliveryMode.AUTO
    link_days: Annotated[int, Field(ge=1, le=365)] = 7
    schedule: kinds.CronText = Field(
        default="", description="A cron expression, for the time of the next run in the message"
    )


class PreviewOut(Output):
    columns: list[ColumnOut]
    rows: list[list[str]] = Field(description="The first rows of the file, as text")
    total: int | None = Field(description="Rows of the file; null if not complete")
    size: int | None = Field(description="Of the file in bytes, estimated; null if not complete")
    window: str = Field(description="The days it covers, in words")
    complete: bool = Field(
        description="Whether the database answered in time. If not, rows may be missing"
    )


class MessagePreviewOut(Output):
    subject: str
    html: str
    text: str
