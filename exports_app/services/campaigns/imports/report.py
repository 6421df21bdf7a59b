"""What an import did, or would do."""

from dataclasses import dataclass, field

from exports_app.domain.formula_guard import unguard
from exports_app.domain.humanize import counted
from exports_app.services.campaigns.imports.cells import printable
from exports_app.services.campaigns.imports.columns import Mapping

SHOWN = 50
"""Entries of each list; the rest is counted."""


@dataclass(frozen=True)
class ImportProblem:
    line: int
    """Where the record begins in the file, from 1."""
    reason: str


@dataclass(frozen=True)
class Difference:
    """A detail of a stored campaign of which the file says something else. stored, given: as text,
    empty: none. applied: whether the file's value is stored now."""

    campaign: str
    field: str
    stored: str
    given: str
    line: int
    applied: bool


@dataclass(frozen=True)
class JoinedName:
    """A spelling in the file that was taken for another name: they differ in white space, Unicode
    form, invisible characters or the apostrophe before a sign such as = only."""

    given: str
    kept: str
    line: int


@dataclass
class ImportReport:
    read_as: str = ""
    dry_run: bool = False
    days_new: int = 0
    days_replaced: int = 0
    """Days that were stored already; what the file does not give of them stays."""
    campaigns_new: int = 0
    campaigns_known: int = 0
    differences: list[Difference] = field(default_factory=list)
    """The first SHOWN."""
    differences_count: int = 0
    joined: list[JoinedName] = field(default_factory=list)
    """The first SHOWN."""
    joined_count: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    """The first SHOWN of the bad lines."""
    bad_lines: int = 0
    """With any, nothing is written."""

    @property
    def days(self) -> int:
        return self.days_new + self.days_replaced

    @property
    def campaigns(self) -> int:
        return self.campaigns_new + self.campaigns_known

    def bad(self, line: int, reason: str) -> None:
        self.bad_lines += 1
        if len(self.problems) < SHOWN:
            self.problems.append(ImportProblem(line, reason))

    def differ(self, difference: Difference) -> None:
        self.differences_count += 1
        if len(self.differences) < SHOWN:
            self.differences.append(difference)

    def join(self, joined: JoinedName) -> None:
        self.joined_count += 1
        if len(self.joined) < SHOWN:
            self.joined.append(joined)

    def lines(self, hint: str = "change it with --update-details") -> list[str]:
        """The report as lines of text. hint: how a detail that was kept can be changed."""
        lines = self._bad() if self.bad_lines else self._good(hint)
        return [*self.head_lines(), *map(printable, lines)]

    def head_lines(self) -> list[str]:
        """How the file was read."""
        return [printable(line) for line in (f"read as {self.read_as}", *self.notes)]

    def problem_lines(self) -> list[str]:
        lines = [printable(f"line {p.line}: {p.reason}") for p in self.problems]
        return lines + _more(self.bad_lines, len(self.problems), "bad line")

    def _bad(self) -> list[str]:
        return [*self.problem_lines(), f"{counted(self.bad_lines, 'bad line')}: nothing imported"]

    def _good(self, hint: str) -> list[str]:
        lines = [
            f"line {j.line}: {_quoted(j.given)} was matched to {_quoted(j.kept)}, which differs in"
            f" {'the apostrophe' if _is_guarded(j) else 'spaces or Unicode form'} only"
            for j in self.joined
        ]
        lines += _more(self.joined_count, len(self.joined), "name")
        lines += [_difference(d, hint) for d in self.differences]
        lines += _more(self.differences_count, len(self.differences), "detail")
        done = "would import" if self.dry_run else "imported"
        return [
            *lines,
            (
                f"{done} {counted(self.days, 'day')} of {counted(self.campaigns, 'campaign')}:"
                f" {counted(self.days_new, 'day')} new, {self.days_replaced:,} replaced;"
                f" {counted(self.campaigns_new, 'campaign')} new"
            ),
        ]


def _difference(d: Difference, hint: str) -> str:
    values = f"{d.given or 'empty'} in the file, {d.stored or 'empty'} stored"
    if d.applied:
        done = "changed"
    elif d.field == "campaign_name":
        done = "not changed: names can only be changed in the app"
    else:
        done = f"not changed ({hint})"
    return f"line {d.line}: {_quoted(d.campaign)}: {d.field}: {values}: {done}"


def _more(count: int, listed: int, noun: str) -> list[str]:
    return [f"and {counted(count - listed, f'more {noun}')}"] if count > listed else []


def _is_guarded(joined: JoinedName) -> bool:
    return unguard(joined.given) == joined.kept or unguard(joined.kept) == joined.given


def _quoted(text: str) -> str:
    return f'"{printable(text)}"'


@dataclass(frozen=True)
class SourceColumn:
    """A column of the file. samples: its first texts. field: the key of the field it fills; empty:
    it is left out."""

    header: str
    field: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class PreviewRow:
    """A row as it was understood: the text of each field that it gives. problem: why it was not."""

    line: int
    values: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class ImportPreview:
    """missing: required fields that no column fills; there are no rows then. note: what someone
    should check about how the file was read; empty for nothing."""

    read_as: str
    header_line: int
    columns: tuple[SourceColumn, ...]
    missing: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    rows: tuple[PreviewRow, ...] = ()
    problems: tuple[ImportProblem, ...] = ()
    note: str = ""

    @property
    def mapping(self) -> Mapping:
        return tuple(column.field for column in self.columns)
