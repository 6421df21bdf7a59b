"""The form beside what someone else saved meanwhile: which fields differ, and how to show them.

A content is all that can be set, by name: the text fields, `CAMPAIGNS`, `RECIPIENTS` and
`DESTINATIONS` as lists, `ACTIVE`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from exports_app.domain.humanize import counted
from exports_app.domain.schedules.option_kinds import Option
from exports_app.domain.timing import cron
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.ui.pages.scheduled_exports.editor import form, options

Content: TypeAlias = dict[str, Any]
CAMPAIGNS, RECIPIENTS, ACTIVE = "campaigns", "recipients", "is_active"
DESTINATIONS = "destinations"
LABELS = {
    "name": "Name",
    "description": "Description",
    form.TAGS: "Tags",
    "export_type": "Export type",
    "format": "Format",
    "period": "Period",
    "start_date": "From",
    "end_date": "To",
    CAMPAIGNS: "Campaigns",
    "group_by": "Grouping",
    "schedule": "Schedule",
    "timezone": "Time zone",
    RECIPIENTS: "Recipients",
    DESTINATIONS: "Destinations",
    **{name: option.label for name, option in options.BY_NAME.items()},
    "slug": "Slug",
    ACTIVE: "Status",
}
"""All fields, in the order of the form."""
WORDS = {
    "export_type": dict(form.TYPES),
    "format": dict(form.FILE_FORMATS),
    "period": dict(form.PERIODS),
    "group_by": form.GROUPS,
}
IN_FILTERS = {"period", "start_date", "end_date", CAMPAIGNS, "group_by"}
GONE = "a deleted destination"
SHOWN = 200
"""Characters of a value."""
FIRST = 5
"""Of a list."""


def stored_content(schedule: Schedule) -> Content:
    return form.texts(schedule) | {
        CAMPAIGNS: list(Filters.from_json(schedule.filters).campaign_ids),
        RECIPIENTS: list(schedule.recipients),
        DESTINATIONS: list(schedule.destination_ids),
        ACTIVE: schedule.is_active,
    }


def without_kept_filters(values: dict[str, Any], stored: Schedule) -> dict[str, Any]:
    """What the form saves, without filters that mean what is stored: it names all defaults, and a
    caller of the API may have left them out. Saving it unchanged is no change."""
    export_type, filters = values["export_type"], Filters.from_json(stored.filters)
    if filters.normal(export_type) != values["filters"].normal(export_type):
        return values
    return {name: value for name, value in values.items() if name != "filters"}


def differing(base: Content, mine: Content, theirs: Content) -> list[str]:
    """The fields that they changed since `base`, and that the form does not have so already, in the
    order of the form. base: empty where it is not known."""
    return [
        name
        for name in LABELS
        if theirs[name] != mine[name] and (name not in base or theirs[name] != base[name])
    ]


def field_of_record(name: str) -> str:
    """The field of a stored schedule that the form's field is part of."""
    if name == DESTINATIONS:
        return "destination_ids"
    return "filters" if name in IN_FILTERS else name


def words(name: str, value: Any, names: Mapping[str, str]) -> str:
    """The value as people read it. names: of campaigns and destinations, by id."""
    if name == ACTIVE:
        return "Active" if value else "Paused"
    if name == CAMPAIGNS:
        return _list([names.get(key, "a deleted campaign") for key in value]) or "All campaigns"
    if name == DESTINATIONS:
        return _list([names.get(key, GONE) for key in value]) or "None"
    if name == RECIPIENTS:
        return _list(value) or "Nobody"
    return _text(name, value)[:SHOWN] or "Empty"


def _text(name: str, value: str) -> str:
    if name == "schedule":
        return _schedule(value)
    option: Option | None = options.BY_NAME.get(name)
    return options.words_of(option, value) if option else WORDS.get(name, {}).get(value, value)


def _schedule(expression: str) -> str:
    try:
        return f"{cron.describe(expression)} ({expression.strip()})"
    except cron.CronError:
        return expression


def _list(items: Iterable[str]) -> str:
    whole = list(items)
    more = f" and {counted(len(whole) - FIRST, 'other')}" if len(whole) > FIRST else ""
    return ", ".join(item[:SHOWN] for item in whole[:FIRST]) + more
