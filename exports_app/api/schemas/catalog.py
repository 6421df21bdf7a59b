"""What can be chosen for a scheduled export."""

from typing import Annotated, Any

from pydantic import Field

from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output
from exports_app.domain.table import Kind
from exports_app.services.catalog import Audience
from exports_app.services.core.extension_points import Stage


class ColumnOut(Output):
    key: str = Field(description="The header in CSV, and the name in JSON and XML")
    label: str = Field(description="The header in Excel")
    kind: Kind


class ExportTypeOut(Output):
    key: str
    label: str
    description: str
    columns: list[ColumnOut]
    filters: dict[str, Any] = Field(
        description="The JSON Schema (2020-12) of the filters of a scheduled export of this type"
    )


class FormatOut(Output):
    key: str
    label: str
    mime: str
    extension: str = Field(description="Of its files, without a dot")


class ChannelOut(Output):
    key: str
    label: str
    config: dict[str, Any] = Field(
        description=(
            "The JSON Schema (2020-12) of what the channel needs: for recipients of fields of a"
            " scheduled export, for destinations of their config, where secrets are writeOnly."
            " The latter is empty for those who cannot set up destinations"
        )
    )
    delivers_to: Annotated[str, kinds.Among(lambda: Audience)] = Field(
        description="recipients: those of a scheduled export; destinations: those of a tenant"
    )
    description: str
    icon: str = Field(description="Name of an icon (lucide.dev); empty for recipients")
    stage: Annotated[str, kinds.Among(lambda: Stage)] | None = Field(
        description=(
            "store: gets the file before messages are sent; message: afterwards; null for"
            " recipients"
        )
    )
    unavailable: str | None = Field(
        description="Why nothing can be delivered through it on this installation"
    )


class PresetOut(Output):
    key: str
    label: str
    expression: kinds.CronOut


class ChoiceOut(Output):
    key: str
    label: str


class CatalogOut(Output):
    export_types: list[ExportTypeOut]
    formats: list[FormatOut]
    channels: list[ChannelOut]
    presets: list[PresetOut] = Field(description="Common schedules")
    periods: list[ChoiceOut] = Field(description="Values of filters.period")
    zones: list[str] = Field(description="Names of all IANA time zones")
