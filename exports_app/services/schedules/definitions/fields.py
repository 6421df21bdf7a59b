"""A scheduled export as it stands in a definition: the fields that people choose, with the API's
names, without those that have their default."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from exports_app.domain.schedules.options import OPTIONS
from exports_app.services.core.field_rules import pointer_of
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.draft_values import columns, draft_of
from exports_app.services.schedules.validation import Draft

ORDER = (
    *("slug", "name", "description", "export_type", "format", "schedule", "timezone"),
    *("recipients", "filters", *(option.name for option in OPTIONS), "is_active", "tags"),
)
"""Of the fields in a definition."""
DEFAULTS: dict[str, Any] = {
    field.name: field.default for field in fields(Draft) if field.default is not MISSING
} | {"filters": {}, "tags": []}
"""Values that are left out. The slug has none: it says which one is meant."""
del DEFAULTS["slug"]
UNSET = object()


def json_name(name: str) -> str:
    return pointer_of(name).removeprefix("/")


def values_of(draft: Draft) -> dict[str, Any]:
    """What differs from the defaults, by the API's names, in order. An empty text is none."""
    stored = {name: None if value == "" else value for name, value in columns(draft).items()}
    return {
        json_name(name): stored[name] for name in ORDER if stored[name] != DEFAULTS.get(name, UNSET)
    }


def definition_of(tenant_slug: str, schedules: Iterable[Schedule]) -> dict[str, Any]:
    """In the order of the slugs."""
    every = sorted(schedules, key=lambda one: one.slug or "")
    return {"tenant": tenant_slug, "schedules": [values_of(draft_of(one)) for one in every]}
