"""What can be chosen for a scheduled export: export types, formats, channels, presets of schedules,
periods and time zones. Programs read it in place of a list of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.table import Column
from exports_app.domain.timing import cron
from exports_app.domain.timing.period import Period
from exports_app.domain.timing.presets import PRESETS, Preset
from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    Channel,
    ExportType,
    Format,
    HasConfig,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = {"type": "string", "format": "date"}

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class CatalogType:
    """filters: the JSON Schema (2020-12) of a scheduled export's `filters`."""

    key: str
    label: str
    description: str
    columns: tuple[Column, ...]
    filters: Schema


@dataclass(frozen=True)
class CatalogChannel:
    """config: the JSON Schema of the fields of a scheduled export that the channel reads."""

    key: str
    label: str
    config: Schema


@dataclass(frozen=True)
class Catalog:
    export_types: list[CatalogType]
    formats: list[Format]
    channels: list[CatalogChannel]
    presets: list[Preset]
    periods: list[Choice]
    zones: list[str]


def catalog() -> Catalog:
    return Catalog(
        [_type(each) for each in EXPORT_TYPES],
        list(FORMATS),
        [_channel(each) for each in CHANNELS],
        list(PRESETS),
        [Choice(str(each), str(each).replace("_", " ").capitalize()) for each in Period],
        list(cron.zones()),
    )


def keys() -> tuple[tuple[str, ...], ...]:
    """Of all that is installed."""
    registries = (EXPORT_TYPES, FORMATS, CHANNELS)
    return tuple(tuple(each.keys()) for each in registries)


def _type(of: ExportType) -> CatalogType:
    return CatalogType(of.key, of.label, of.description, of.columns(), _filters(of))


def _filters(of: ExportType) -> Schema:
    properties: dict[str, Any] = {
        "startDate": DAY,
        "endDate": DAY,
        "period": {"type": "string", "enum": [str(each) for each in Period]},
    }
    properties |= {each.json: each.schema() for each in of.filters}
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": [each.json for each in of.filters if each.is_required],
        # Either a period or dates
        "allOf": [{"not": {"required": ["period", name]}} for name in ("startDate", "endDate")],
        "additionalProperties": False,
    }


def _channel(of: Channel) -> CatalogChannel:
    recipients = {"type": "array", "items": {"type": "string"}, "maxItems": bounds.RECIPIENTS}
    own = of.config() if isinstance(of, HasConfig) else {"recipients": recipients}
    schema = {
        "$schema": DIALECT,
        "type": "object",
        "properties": own,
        "required": ["recipients"] if "recipients" in own else [],
    }
    return CatalogChannel(of.key, of.label, schema)
