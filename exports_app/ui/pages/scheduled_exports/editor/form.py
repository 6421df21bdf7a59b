"""The form of a scheduled export: its fields as text, from a stored schedule and back to what the
service takes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.humanize import sentence
from exports_app.domain.schedules.tags import merged
from exports_app.domain.timing.period import Period
from exports_app.services.core import field_rules
from exports_app.services.core.export_filters import (
    MAX_CAMPAIGNS,
    CampaignFilter,
    GroupByFilter,
    declared,
)
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.recipients import MAX_RECIPIENTS, Recipient, warning
from exports_app.ui.pages.scheduled_exports.editor import options, repeats

DATES = "dates"
"""The choice beside the relative periods."""
PERIODS = [
    *((str(p), str(p).replace("_", " ").capitalize()) for p in Period if p is not Period.ALL),
    ("all", "All data"),
    (DATES, "Between two dates"),
]
GROUPS = {"day": "By day", "week": "By week", "month": "By month"}

TAGS = "tags"
"""Its text has a comma between two."""

EMPTY = {
    "name": "",
    "description": "",
    TAGS: "",
    "export_type": "campaigns",
    "format": "excel",
    "period": str(Period.PREVIOUS_WEEK),
    "start_date": "",
    "end_date": "",
    "group_by": "day",
    "schedule": "0 9 * * 1",
    "timezone": "UTC",
    "slug": "",
    **options.EMPTY,
}
"""The text fields and what a new form begins with."""
DATA_FIELDS = {"export_type", "format", "period", "start_date", "end_date", "group_by", "timezone"}
"""What the preview of the data depends on."""
ORDER = (
    *("name", "description", TAGS, "export_type", "format", "period", "start_date", "end_date"),
    *("campaigns", "group_by", "schedule", repeats.TIME, repeats.WEEKDAYS, "timezone"),
    *("recipients", "destinations"),
    *(name for section in options.SECTIONS for name in section.names),
    "slug",
)
"""As they stand in the form: the first wrong one gets the focus."""
_POINTERS = {
    "filters/startDate": "start_date",
    "filters/endDate": "end_date",
    "filters/period": "period",
    "filters/groupBy": "group_by",
    "filters/campaignIds": "campaigns",
    "destinationIds": "destinations",
}
LONGEST = bounds.FORM_TEXT
LONGEST_CHIP = bounds.TYPED_RECIPIENT
MOST_CHIPS = 2 * MAX_RECIPIENTS
"""What is pasted may hold some that are removed again before it is saved."""


@dataclass
class Chip:
    """A recipient as it stands in the form. error: what is wrong with it; empty when it is an
    address. warning: what looks wrong with an address."""

    text: str
    error: str = ""
    warning: str = ""


def chip(recipient: Recipient) -> Chip:
    text = recipient.address or recipient.text
    return Chip(text[:LONGEST_CHIP], recipient.error or "", warning(recipient.address or ""))


def chips(addresses: Iterable[str]) -> list[Chip]:
    """Of stored recipients."""
    return [Chip(address, "", warning(address)) for address in addresses]


def joined(tags: Iterable[str]) -> str:
    """The text of the field."""
    return ", ".join(tags)


def texts(schedule: Schedule) -> dict[str, str]:
    """The stored schedule's text fields."""
    filters = Filters.from_json(schedule.filters)
    dated = bool(filters.start_date or filters.end_date)
    return {
        "name": schedule.name,
        "description": schedule.description or "",
        TAGS: joined(schedule.tags),
        "export_type": schedule.export_type,
        "format": schedule.format,
        "period": DATES if dated else filters.period or "all",
        "start_date": filters.start_date.isoformat() if filters.start_date else "",
        "end_date": filters.end_date.isoformat() if filters.end_date else "",
        "group_by": filters.group_by or "day",
        "schedule": schedule.schedule,
        "timezone": schedule.timezone,
        "slug": schedule.slug or "",
        **options.texts(schedule),
    }


def asked(query: Mapping[str, str]) -> dict[str, str] | None:
    """The fields of a new scheduled export that an address asks for; None where it asks for none,
    or for none that there is."""
    if query.get("new") not in EXPORT_TYPES:
        return None
    known: dict[str, Any] = {"period": dict(PERIODS), "group_by": GROUPS}
    values = {
        k: query[k][:LONGEST]
        for k in ("period", "start_date", "end_date", "group_by")
        if k in query
    }
    return {"export_type": query["new"]} | {
        k: v for k, v in values.items() if v in known.get(k, [v])
    }


def filters_of(values: dict[str, str], campaign_ids: list[str]) -> Filters:
    """Raises Invalid where a date is none."""
    errors: list[FieldError] = []
    filters = _read_filters(values, campaign_ids, errors)
    if errors:
        raise Invalid(errors)
    return filters


def _read_filters(
    values: dict[str, str], campaign_ids: list[str], errors: list[FieldError]
) -> Filters:
    """Adds what is wrong to `errors`."""
    dated = values["period"] == DATES
    start = _date(values["start_date"], "/filters/startDate", errors) if dated else None
    end = _date(values["end_date"], "/filters/endDate", errors) if dated else None
    if dated and not (values["start_date"] or values["end_date"]):
        errors.append(
            FieldError("/filters/startDate", "enter at least one date, or choose a period")
        )
    export_type = EXPORT_TYPES.get(values["export_type"])
    chosen = tuple(campaign_ids) if declared(export_type, CampaignFilter) else ()
    period = None if dated else values["period"]
    return Filters(start, end, period, chosen, _group_by(values))


def _group_by(values: dict[str, str]) -> str | None:
    """As chosen, or the type's default where it has not this one; None where it takes none."""
    grouping = declared(EXPORT_TYPES.get(values["export_type"]), GroupByFilter)
    if grouping is None:
        return None
    return values["group_by"] if values["group_by"] in grouping.values else grouping.values[0]


def groupings() -> dict[str, list[tuple[str, str]]]:
    """The choices of each export type that takes a grouping: value and label."""
    declarations = {
        export_type.key: declared(export_type, GroupByFilter) for export_type in EXPORT_TYPES
    }
    return {
        key: [(value, GROUPS.get(value, f"By {value}")) for value in grouping.values]
        for key, grouping in declarations.items()
        if grouping
    }


def _date(text: str, pointer: str, errors: list[FieldError]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors.append(FieldError(pointer, "is not a date: use the format 2026-01-31"))
        return None


def draft(
    values: dict[str, str],
    campaign_ids: list[str],
    chips: list[Chip],
    *,
    is_active: bool,
    destination_ids: Iterable[str] = (),
) -> dict[str, Any]:
    """What `Schedules.create` and `update` take. Raises Invalid."""
    if any(chip.error for chip in chips):
        raise Invalid([FieldError("/recipients", "fix or remove the marked addresses")])
    errors: list[FieldError] = []
    chosen = options.read(values, errors)
    filters = _read_filters(values, campaign_ids, errors)
    if errors:
        raise Invalid(errors)
    own = {k: values[k] for k in ("name", "export_type", "format", "schedule", "timezone")}
    slug = values["slug"].strip()
    return own | {
        **({"slug": slug} if slug else {}),  # else it is made of the name, or stays
        "description": values["description"] if values["description"].strip() else None,
        TAGS: merged(values[TAGS].split(",")),
        "filters": filters,
        "recipients": tuple(chip.text for chip in chips),
        "destination_ids": tuple(destination_ids),
        "is_active": is_active,
        **chosen,
    }


def field_of(pointer: str) -> str:
    """The form's field for an error's pointer."""
    path = pointer.strip("/")
    known = next((name for start, name in _POINTERS.items() if path.startswith(start)), None)
    return known or field_rules.field_of(pointer)


def errors_by_field(error: Invalid) -> dict[str, str]:
    """The first error of each field, as a sentence."""
    by_field: dict[str, str] = {}
    for field_error in error.errors:
        name = field_of(field_error.pointer)
        text = (
            field_error.detail if name in ORDER else f"{field_error.pointer}: {field_error.detail}"
        )
        text = text.replace("or null", "or empty")  # what is null in the API is an empty field here
        by_field.setdefault(name if name in ORDER else "name", sentence(text))
    return by_field


def first_wrong(errors: dict[str, str]) -> str:
    return next((name for name in ORDER if errors.get(name)), "")


def pack(
    values: dict[str, str], campaign_ids: list[str], chips: list[Chip], schedule: dict[str, Any]
) -> str:
    """The form as one text, to be kept in the browser."""
    return json.dumps(
        {"values": values, "campaigns": campaign_ids, "chips": [c.text for c in chips], **schedule}
    )


def unpack(kept: str) -> dict[str, Any]:
    """What `pack` made. It comes from the browser: anything else in it is left out. Raises Invalid
    when it is not readable."""
    try:
        fields = json.loads(kept)
        values = {k: str(fields["values"].get(k, usual))[:LONGEST] for k, usual in EMPTY.items()}
        return {
            "values": values,
            "campaigns": [
                str(campaign_id)[: bounds.ID] for campaign_id in fields["campaigns"][:MAX_CAMPAIGNS]
            ],
            "destinations": [
                str(one)[: bounds.ID]
                for one in fields.get("destinations", [])[: bounds.DESTINATIONS]
            ],
            "chips": [str(chip)[:LONGEST_CHIP] for chip in fields["chips"][:MOST_CHIPS]],
            "tenant": str(fields["tenant"])[: bounds.ID],
            "id": str(fields["id"])[: bounds.ID],
            "version": int(fields["version"]),
            "active": bool(fields["active"]),
            "dirty": bool(fields.get("dirty", True)),
            "unfinished": str(fields.get("unfinished", ""))[:LONGEST],
        }
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as e:
        raise Invalid([FieldError("", "the form kept in this browser cannot be read")]) from e


TYPES = [(export_type.key, export_type.label) for export_type in EXPORT_TYPES]
FILE_FORMATS = [
    (file_format.key, f"{file_format.label} (.{file_format.extension})") for file_format in FORMATS
]
