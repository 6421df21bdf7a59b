"""The CSV file of an import: read as a stream into a temporary SQLite file, and checked line by
line."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.service import AMOUNTS, COUNTS, check_campaign, check_metric
from exports_app.services.core.records import Campaign, Metric

REQUIRED = ("campaign_name", "currency", "date")
OPTIONAL = ("channel", "status", "budget", "start_date", "end_date", *COUNTS, *AMOUNTS)
SHOWN = 50
"""Bad lines that are listed; the rest is counted."""
BATCH = 5000
LONGEST_LINE = 20_000
"""Characters of a line of the file: all of its columns, as long as they may be, in quotes."""

_MONEY = re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Progress = Callable[[float], None]
"""Called with the part that is done, from 0 to 1."""


@dataclass(frozen=True)
class ImportProblem:
    line: int
    """Where the record begins in the file, from 1."""
    reason: str


@dataclass
class ImportResult:
    days: int = 0
    campaigns: int = 0
    bad_lines: int = 0
    problems: list[ImportProblem] = field(default_factory=list)
    """The first SHOWN of the bad lines."""

    def bad(self, line: int, reason: str) -> None:
        self.bad_lines += 1
        if len(self.problems) < SHOWN:
            self.problems.append(ImportProblem(line, reason))


class FileReader:
    """Reads the file into the spool, a temporary SQLite database."""

    def __init__(self, spool: sqlite3.Connection, tenant_id: str, result: ImportResult) -> None:
        self._spool = spool
        self._tenant_id = tenant_id
        self._result = result

    def read(self, path: Path, progress: Progress) -> None:
        size = max(1, path.stat().st_size)
        # Bytes that are no UTF-8 arrive as lone surrogates, so that `_unreadable` can name their
        # line
        with (
            path.open("rb") as raw,
            io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="") as text,
        ):
            records = csv.reader(_lines(text), strict=True)
            try:
                header = _header(next(records, []))
            except csv.Error as e:
                raise ExportsError(f"line 1 is not CSV: {e}") from None
            for count, (line, cells) in enumerate(self._records(records)):
                if reason := self._store(header, cells, line):
                    self._result.bad(line, reason)
                if count % BATCH == 0:
                    progress(raw.tell() / size)
        if not self._result.bad_lines and not self._spool.execute("SELECT 1 FROM day").fetchone():
            raise ExportsError("the file has a header and no lines: there is nothing to import")

    def _records(self, records: Any) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = records.line_num + 1
            try:
                cells = next(records)
            except StopIteration:
                return
            except csv.Error as e:
                self._result.bad(line, f"is not CSV: {e}; the lines after it were not read")
                return
            if cells:
                yield line, cells

    def _store(self, header: list[str], cells: list[str], line: int) -> str | None:
        """Store the record in the spool. Returns what is wrong with it; None: nothing."""
        if len(cells) != len(header):
            return f"has {len(cells)} cells, the header has {len(header)}"
        if reason := _unreadable(cells):
            return reason
        given = dict(zip(header, cells, strict=True))
        try:
            campaign, metric = self._parse(given)
        except ValueError as e:
            return str(e)
        errors = check_campaign(campaign) + check_metric(metric)
        if errors:
            return "; ".join(f"{e.pointer[1:]}: {e.detail}" for e in errors)
        return self._insert(campaign, metric, line)

    def _parse(self, given: dict[str, str]) -> tuple[Campaign, Metric]:
        """Raises ValueError with what is wrong."""
        on = _day(given, "date")
        if on is None:
            raise ValueError("date: is required")
        campaign = Campaign(
            id="",
            tenant_id=self._tenant_id,
            name=given["campaign_name"],
            channel=given.get("channel") or "other",
            status=given.get("status") or "active",
            currency=given["currency"],
            budget=_money(given, "budget"),
            start_date=_day(given, "start_date"),
            end_date=_day(given, "end_date"),
        )
        counts = {name: _count(given, name) for name in COUNTS}
        amounts = {name: _money(given, name) or 0 for name in AMOUNTS}
        return campaign, Metric("", on, **counts, **amounts)

    def _insert(self, campaign: Campaign, metric: Metric, line: int) -> str | None:
        facts = pack_facts(campaign)
        first = self._spool.execute(
            "SELECT line, facts FROM campaign WHERE name = ?", (campaign.name,)
        ).fetchone()
        if first is None:
            self._spool.execute(
                "INSERT INTO campaign VALUES (?, ?, NULL, ?)", (campaign.name, line, facts)
            )
        elif first[1] != facts:
            return (
                f"differs from line {first[0]} in what it says of the campaign (channel, status, "
                "currency, budget or dates)"
            )
        measures = (
            metric.impressions,
            metric.clicks,
            metric.conversions,
            metric.spend,
            metric.revenue,
        )
        try:
            self._spool.execute(
                "INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?)",
                (campaign.name, metric.date.isoformat(), *measures),
            )
        except sqlite3.IntegrityError:
            return "this campaign and date stand in the file already: give each day once"
        return None


def _day(cells: dict[str, str], name: str) -> date | None:
    """None for an empty cell. Raises ValueError."""
    text = cells.get(name, "")
    if not text:
        return None
    try:
        # fromisoformat takes weeks and bare digits too, which are more often mistakes than dates
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"{name}: must be a date, YYYY-MM-DD") from None


def _count(cells: dict[str, str], name: str) -> int:
    """0 for an empty cell. Raises ValueError."""
    text = cells.get(name, "") or "0"
    if not _COUNT.fullmatch(text):
        raise ValueError(f"{name}: must be a whole number, not negative")
    return int(text)


def _money(cells: dict[str, str], name: str) -> int | None:
    """In hundredths; None for an empty cell. Raises ValueError."""
    text = cells.get(name, "")
    if text and not _MONEY.fullmatch(text):
        raise ValueError(
            f"{name}: must be an amount with at most two decimals, such as 12.50, not negative"
        )
    return int(Decimal(text) * 100) if text else None


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Reads no more of a line than LONGEST_LINE characters. Raises csv.Error for a longer one."""
    while line := text.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise csv.Error(f"a line is longer than {LONGEST_LINE:,} characters")
        yield line


def _unreadable(cells: list[str]) -> str | None:
    text = "".join(cells)
    if "\0" in text:
        return "holds a NUL byte"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not UTF-8: save the file in that encoding"
    return None


def _header(cells: list[str]) -> list[str]:
    if reason := _unreadable(cells):
        raise ExportsError(f"line 1 {reason}")
    wrong = [c for c in cells if c not in REQUIRED + OPTIONAL]
    missing = [c for c in REQUIRED if c not in cells]
    if wrong or missing or len(set(cells)) != len(cells):
        faults = []
        if missing:
            faults.append(f"missing: {', '.join(missing)}")
        if wrong:
            faults.append(f"unknown: {', '.join(ascii(c[: bounds.KEY]) for c in wrong[:5])}")
        fault = "; ".join(faults) or "a column appears twice"
        raise ExportsError(
            f"line 1 must name the columns {', '.join(REQUIRED + OPTIONAL)}; {fault}"
        )
    return cells


def pack_facts(campaign: Campaign) -> str:
    """What a line says about its campaign, as one text. No fact can contain the separator."""
    facts = (
        campaign.channel,
        campaign.status,
        campaign.currency,
        campaign.budget,
        campaign.start_date,
        campaign.end_date,
    )
    return "\x1f".join("" if f is None else str(f) for f in facts)


def unpack_facts(campaign_id: str, tenant_id: str, name: str, facts: str) -> Campaign:
    channel, status, currency, budget, start, end = facts.split("\x1f")
    return Campaign(
        campaign_id,
        tenant_id,
        name,
        channel,
        status,
        currency,
        int(budget) if budget else None,
        date.fromisoformat(start) if start else None,
        date.fromisoformat(end) if end else None,
    )
