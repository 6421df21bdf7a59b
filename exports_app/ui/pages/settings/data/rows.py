"""What an import shows: how a file was understood, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from exports_app.domain.humanize import counted, sentence
from exports_app.services.campaigns.imports.columns import FIELDS, Mapping
from exports_app.services.campaigns.imports.report import (
    Difference,
    ImportPreview,
    ImportReport,
    SourceColumn,
)

NONE = ""
"""The choice of a field that no column fills."""
UPDATES = "Update details that differ"
UPDATES_HINT = f"change it with “{UPDATES}”"
SAMPLE = 30
"""Characters of a column's sample."""


@dataclass
class ColumnChoice:
    """A column of the file. index: its place, as text."""

    index: str
    label: str


@dataclass
class FieldChoice:
    """A field of ours, and the index of the column that fills it."""

    key: str
    label: str
    required: bool
    column: str
    missing: bool


@dataclass
class PreviewLine:
    line: int
    cells: list[str]
    problem: str


@dataclass
class Problem:
    line: str
    reason: str


@dataclass
class DifferenceRow:
    campaign: str
    detail: str
    stored: str
    given: str
    line: str
    outcome: str


@dataclass
class ReportRows:
    """Empty where nothing was checked or imported yet."""

    title: str = ""
    good: bool = False
    """Whether the file was imported, or can be."""
    facts: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    more_problems: str = ""
    differences: list[DifferenceRow] = field(default_factory=list)
    differs: str = ""
    """How many details differ, in words."""
    more_differences: str = ""


def column_choices(columns: Sequence[SourceColumn]) -> list[ColumnChoice]:
    return [
        ColumnChoice(str(index), _column_label(column, index))
        for index, column in enumerate(columns)
    ]


def _column_label(column: SourceColumn, index: int) -> str:
    name = column.header.strip() or f"Column {index + 1}"
    sample = next((text.strip() for text in column.samples if text.strip()), "")
    if not sample:
        return name
    return f"{name} (e.g. {sample if len(sample) <= SAMPLE else sample[: SAMPLE - 1] + '…'})"


def field_choices(mapping: Mapping) -> list[FieldChoice]:
    places = {key: str(index) for index, key in enumerate(mapping) if key}
    return [
        FieldChoice(
            f.key, f.label, f.required, places.get(f.key, NONE), f.required and f.key not in places
        )
        for f in FIELDS
    ]


def with_choice(mapping: Mapping, key: str, column: str) -> Mapping:
    """The mapping where the column, by its index, fills the field. What filled it before, and what
    the column filled, is left out. An unknown field or column changes nothing."""
    known = key in {f.key for f in FIELDS}
    if not known or (column != NONE and column not in map(str, range(len(mapping)))):
        return mapping
    return tuple(
        key if str(index) == column else "" if was == key else was
        for index, was in enumerate(mapping)
    )


def shown_fields(mapping: Mapping) -> list[str]:
    """The keys of the fields that the file fills, in their order."""
    return [f.key for f in FIELDS if f.key in mapping]


def heads(mapping: Mapping) -> list[str]:
    return [f.label for f in FIELDS if f.key in mapping]


def preview_lines(preview: ImportPreview) -> list[PreviewLine]:
    keys = shown_fields(preview.mapping)
    return [
        PreviewLine(row.line, [row.values.get(key, "") for key in keys], row.problem)
        for row in preview.rows
    ]


def report_rows(report: ImportReport) -> ReportRows:
    good = report.bad_lines == 0
    return ReportRows(
        title=_title(report),
        good=good,
        facts=_facts(report) if good else [],
        problems=[Problem(f"Line {p.line}", p.reason) for p in report.problems],
        more_problems=_more(report.bad_lines, len(report.problems), "bad line"),
        differences=[_difference(d, is_done=not report.dry_run) for d in report.differences]
        if good
        else [],
        differs=_differs(report.differences_count),
        more_differences=_more(report.differences_count, len(report.differences), "difference"),
    )


def _title(report: ImportReport) -> str:
    if report.bad_lines:
        bad_lines = counted(report.bad_lines, "bad line")
        todo = "fix them, then choose the file again"
        return f"{bad_lines}: {todo if report.dry_run else 'nothing was imported'}"
    return (
        "Nothing has been imported yet. The import would do this:" if report.dry_run else "Imported"
    )


def _facts(report: ImportReport) -> list[str]:
    days = f"{counted(report.days_new, 'new day')}, {report.days_replaced:,} replaced"
    campaigns = (
        f"{counted(report.campaigns_new, 'new campaign')}, {report.campaigns_known:,} existing"
    )
    joined = [
        f"Line {name.line}: “{name.given}” was matched to the campaign “{name.kept}”"
        for name in report.joined
    ]
    more = _more(report.joined_count, len(report.joined), "such name")
    return [days, campaigns, *map(sentence, report.notes), *joined, *([more] if more else [])]


def _difference(difference: Difference, *, is_done: bool) -> DifferenceRow:
    label = next((f.label for f in FIELDS if f.key == difference.field), difference.field)
    applied, kept = ("changed", "kept") if is_done else ("will change", "stays")
    return DifferenceRow(
        difference.campaign,
        label,
        difference.stored or "empty",
        difference.given or "empty",
        f"{difference.line:,}",
        applied if difference.applied else kept,
    )


def _differs(count: int) -> str:
    return f"{counted(count, 'detail')} {'differs' if count == 1 else 'differ'} from what is stored"


def _more(count: int, listed: int, noun: str) -> str:
    rest = count - listed
    return f"{counted(rest, f'more {noun}')} not shown" if rest > 0 and listed else ""


def report_text(file: str, report: ImportReport) -> str:
    """The report, to be saved."""
    return "".join(f"{line}\n" for line in (file, *report.lines(UPDATES_HINT)))
