"""A scheduled export as it stands in a definition: the fields that people choose, with the API's
names, without those that have their default."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from exports_app.domain.schedules.options import OPTIONS
from exports_app.services.core.field_rules import pointer_of
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.draft_values import columns, draft_of
from exports_app.services.schedules.validation import Draft

ORDER = (
    *("slug", "name", "description", "export_type", "format", "schedule", "timezone"),
    *(
        "recipients",
        "destinations",
        "filters",
        *(option.name for option in OPTIONS),
        "is_active",
        "tags",
    ),
)
"""Of the fields in a definition."""
DEFAULTS: dict[str, Any] = {
    field.name: field.default for field in fields(Draft) if field.default is not MISSING
} | {"filters": {}, "tags": [], "destinations": []}
"""Values that are left out. The slug has none: it says which one is meant."""
del DEFAULTS["slug"]
del DEFAULTS["destination_ids"]
UNSET = object()


def json_name(name: str) -> str:
    return pointer_of(name).removeprefix("/")


def named(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Columns, with the destinations by name as in definitions. names: by id."""
    found = dict(values)
    if "destination_ids" in found:
        ids = found.pop("destination_ids")
        found["destinations"] = [names.get(one, one) for one in ids]
    return found


def values_of(draft: Draft, names: Mapping[str, str]) -> dict[str, Any]:
    """What differs from the defaults, by the API's names, in order. An empty text is none. names:
    of destinations, by id."""
    values = named(columns(draft), names)
    stored = {name: None if value == "" else value for name, value in values.items()}
    return {
        json_name(name): stored[name] for name in ORDER if stored[name] != DEFAULTS.get(name, UNSET)
    }


def definition_of(
    tenant_slug: str, schedules: Iterable[Schedule], names: Mapping[str, str]
) -> dict[str, Any]:
    """In the order of the slugs. names: of destinations, by id."""
    every = sorted(schedules, key=lambda one: one.slug or "")
    return {"tenant": tenant_slug, "schedules": [values_of(draft_of(one), names) for one in every]}
