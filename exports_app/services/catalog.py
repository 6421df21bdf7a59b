"""What can be chosen for a scheduled export: export types, formats, channels, presets of schedules,
periods and time zones. Programs read it in place of a list of their own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.table import Column
from exports_app.domain.timing import cron
from exports_app.domain.timing.period import Period
from exports_app.domain.timing.presets import PRESETS, Preset
from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    Channel,
    DestinationChannel,
    ExportType,
    Format,
    HasConfig,
    Stage,
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


class Audience(StrEnum):
    """Whom a channel delivers to."""

    RECIPIENTS = "recipients"
    DESTINATIONS = "destinations"


@dataclass(frozen=True)
class CatalogChannel:
    """config: the JSON Schema of what the channel needs: for recipients of fields of a scheduled
    export, for destinations of their config, empty where it is left out. description and icon:
    empty for recipients."""

    key: str
    label: str
    delivers_to: Audience
    config: Schema
    description: str = ""
    icon: str = ""
    stage: Stage | None = None
    unavailable: str | None = None
    """Why nothing can be delivered through it on this installation."""


@dataclass(frozen=True)
class Catalog:
    export_types: list[CatalogType]
    formats: list[Format]
    channels: list[CatalogChannel]
    presets: list[Preset]
    periods: list[Choice]
    zones: list[str]


def sees_destinations(who: Principal) -> bool:
    """Whether the caller sees what destinations need, which may name folders of the server: those
    do who can set some up."""
    return who.tenants(Permission.WRITE) != frozenset() and who.schedules is None


def catalog(*, with_destinations: bool) -> Catalog:
    """with_destinations: the configs of channels that deliver to destinations are not empty."""
    return Catalog(
        [_type(each) for each in EXPORT_TYPES],
        list(FORMATS),
        [_channel(each, with_config=with_destinations) for each in CHANNELS],
        list(PRESETS),
        [Choice(str(each), str(each).replace("_", " ").capitalize()) for each in Period],
        list(cron.zones()),
    )


def keys() -> tuple[tuple[str, ...], ...]:
    """Of all that is installed, and what its settings say."""
    registries = (EXPORT_TYPES, FORMATS, CHANNELS)
    installed = tuple(tuple(each.keys()) for each in registries)
    # What settings change, and a channel's config may name
    return (
        *installed,
        tuple(json.dumps(vars(_channel(each, with_config=True))) for each in CHANNELS),
    )


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


def _channel(of: Channel, *, with_config: bool) -> CatalogChannel:
    if isinstance(of, DestinationChannel):
        return _destination(of, with_config=with_config)
    return _of_recipients(of)


def _destination(of: DestinationChannel, *, with_config: bool) -> CatalogChannel:
    own = {"$schema": DIALECT, **of.Config.model_json_schema(by_alias=True)}
    schema: Schema = own if with_config else {}
    return CatalogChannel(
        *(of.key, of.label, Audience.DESTINATIONS, schema),
        *(of.description, of.icon, of.stage, of.unconfigured()),
    )


def _of_recipients(of: Channel) -> CatalogChannel:
    recipients = {"type": "array", "items": {"type": "string"}, "maxItems": bounds.RECIPIENTS}
    own = of.config() if isinstance(of, HasConfig) else {"recipients": recipients}
    schema = {
        "$schema": DIALECT,
        "type": "object",
        "properties": own,
        "required": ["recipients"] if "recipients" in own else [],
    }
    return CatalogChannel(of.key, of.label, Audience.RECIPIENTS, schema)
