"""A draft's values as those of a scheduled export, and back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from exports_app.domain.timing import cron
from exports_app.services.core.partial import Partial
from exports_app.services.core.records import Schedule
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.validation import Draft


def next_run(draft: Draft, now: datetime) -> datetime | None:
    """The next tick; None while it is paused."""
    return (
        cron.next_after(cron.parse(draft.schedule), cron.zone(draft.timezone), now)
        if draft.is_active
        else None
    )


def columns(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in rules.FIELDS} | {
        "recipients": list(draft.recipients),
        "destination_ids": list(draft.destination_ids),
        "tags": list(draft.tags),
        "filters": draft.filters.to_json(),
    }


def draft_of(schedule: Schedule) -> Draft:
    values = {name: getattr(schedule, name) for name in Draft.__dataclass_fields__}
    return Draft(
        **values
        | {
            "recipients": tuple(schedule.recipients),
            "destination_ids": tuple(schedule.destination_ids),
            "tags": tuple(schedule.tags),
            "filters": Filters.from_json(schedule.filters),
        }
    )


def changed(draft: Draft, values: Mapping[str, Any]) -> tuple[Draft, set[str]]:
    """The draft with the values, and which of them differ from it: a value that is sent back as it
    is needs no check under today's rules. values: fields of a Draft; filters may be Partial."""
    filters = values.get("filters")
    if isinstance(filters, Partial):
        values = {**values, "filters": filters.of(draft.filters)}
    differ = {name for name, value in values.items() if value != getattr(draft, name)}
    return replace(draft, **values), differ
