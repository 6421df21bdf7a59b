"""A schedule's settings to be read, for those who may not open its form too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exports_app.domain.humanize import counted, place
from exports_app.domain.schedules.option_kinds import Choice, Option
from exports_app.domain.schedules.options import OPTIONS
from exports_app.domain.timing import period
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.ui.pages.scheduled_exports.editor import form, options
from exports_app.ui.pages.scheduled_exports.labels import format_label, in_words, kind_label

ALWAYS = frozenset({"delivery", "when_empty"})
"""Options that are shown even where nobody changed them."""


@dataclass
class Fact:
    label: str
    value: str
    code: str = ""
    """As stored, where the value says it in words."""


def schedule_facts(schedule: Schedule, owner: str, destinations: Sequence[str] = ()) -> list[Fact]:
    """owner, destinations: their names."""
    filters = Filters.from_json(schedule.filters)
    return [
        *([Fact("Description", schedule.description)] if schedule.description else []),
        *([Fact("Tags", ", ".join(schedule.tags))] if schedule.tags else []),
        Fact("Data", kind_label(schedule.export_type)),
        Fact("Period", _period(filters)),
        Fact("Campaigns", _campaigns(filters)),
        *([Fact("Grouping", _grouping(filters.group_by))] if filters.group_by else []),
        Fact("Format", format_label(schedule.format)),
        Fact("Schedule", in_words(schedule.schedule), schedule.schedule),
        Fact("Time zone", place(schedule.timezone), schedule.timezone),
        Fact("Recipients", ", ".join(schedule.recipients) or "None"),
        *([Fact("Destinations", ", ".join(destinations))] if destinations else []),
        *_options(schedule),
        *([Fact("Slug", schedule.slug)] if schedule.slug else []),
        Fact("Owner", owner),
    ]


def _period(filters: Filters) -> str:
    if filters.start_date or filters.end_date:
        return period.words(period.Window(filters.start_date, filters.end_date))
    return dict(form.PERIODS).get(filters.period or "all", filters.period or "")


def _campaigns(filters: Filters) -> str:
    return counted(len(filters.campaign_ids), "campaign") if filters.campaign_ids else "All"


def _grouping(group_by: str) -> str:
    return form.GROUPS.get(group_by, f"By {group_by}")


def _options(schedule: Schedule) -> Iterator[Fact]:
    """Those that differ from a new form's, and have an effect."""
    texts = options.texts(schedule)
    for option in OPTIONS:
        text = texts[option.name]
        if options.is_used(option, texts) and (
            option.name in ALWAYS or text != options.EMPTY[option.name]
        ):
            yield Fact(option.label, _value(option, text))


def _value(option: Option, text: str) -> str:
    if isinstance(option.kind, Choice):
        return next((said.text for key, said in option.kind.labels.items() if key == text), text)
    return text
