"""Campaigns and metrics from a CSV file: read once as a stream, judged as a whole, written in one
transaction or not at all."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.campaigns.service import AMOUNTS, COUNTS, check_campaign, check_metric
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Campaign, Metric, new_id

REQUIRED = ("campaign_name", "currency", "date")
OPTIONAL = ("channel", "status", "budget", "start_date", "end_date", *COUNTS, *AMOUNTS)
SHOWN = 50
"""Bad lines told one by one; the rest is counted."""
BATCH = 5000
LONGEST_LINE = 20_000
"""Characters of a line of the file: all of its columns, as long as they may be, in quotes."""
_MONEY = re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
"""fromisoformat takes weeks and bare digits too, which are more often mistakes than dates."""

Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


@dataclass(frozen=True)
class ImportProblem:
    line: int
    """Where the record begins in the file, from 1."""
    reason: str


@dataclass
class Result:
    days: int = 0
    campaigns: int = 0
    bad_lines: int = 0
    problems: list[ImportProblem] = field(default_factory=list)
    """The first SHOWN of the bad lines."""

    def bad(self, line: int, reason: str) -> None:
        self.bad_lines += 1
        if len(self.problems) < SHOWN:
            self.problems.append(ImportProblem(line, reason))


class Importer:
    """For the command line alone, whose user owns the machine: no principal is asked for."""

    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store, self._changes, self._clock = store, changes, clock

    def load(self, file: Path, slug: str, progress: Progress) -> Result:
        """Import the file into the tenant. With bad lines nothing is written. Raises ExportsError,
        OSError."""
        with self._store.read() as tx:
            tenant = tx.tenants.by_slug(slug)
        if tenant is None:
            raise ExportsError(f"there is no tenant {slug!r}: make it first with create-tenant")
        # A temporary SQLite file: it finds days that come twice, and memory stays flat however long
        # the file is
        with closing(sqlite3.connect("")) as spool:
            spool.execute(
                "CREATE TABLE campaign (name TEXT PRIMARY KEY, line INTEGER, id TEXT, facts TEXT)"
            )
            spool.execute(
                "CREATE TABLE day (name TEXT, date TEXT, impressions, clicks, conversions, spend, revenue,"
                " PRIMARY KEY (name, date)) WITHOUT ROWID"
            )
            result = Result()
            _Reader(spool, tenant.id, result).read(file, lambda part: progress(part / 2))
            with self._store.write() as tx:
                fresh = list(_match(spool, tx, tenant.id, result))
                if not result.bad_lines:
                    tx.campaigns.add(fresh)
                    _write(spool, tx, result, lambda part: progress(0.5 + part / 2))
                    audit_log.note(
                        tx,
                        audit_log.COMMAND_LINE,
                        Action.CAMPAIGN_METRICS,
                        self._clock(),
                        tenant_id=tenant.id,
                        subject_id=tenant.id,
                        subject_name=tenant.name,
                        campaigns=result.campaigns,
                        days=result.days,
                    )
        if not result.bad_lines:
            self._changes.publish(Change(Topic.CAMPAIGNS, tenant.id))
        return result


class _Reader:
    """The file into the spool."""

    def __init__(self, spool: sqlite3.Connection, tenant_id: str, result: Result) -> None:
        self._spool, self._tenant_id, self._result = spool, tenant_id, result

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
                if reason := self._take(header, cells, line):
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

    def _take(self, header: list[str], cells: list[str], line: int) -> str | None:
        """Spool the record, or say what is wrong with it."""
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
        return self._spool_it(campaign, metric, line)

    def _parse(self, given: dict[str, str]) -> tuple[Campaign, Metric]:
        def day(name: str) -> date | None:
            text = given.get(name, "")
            if not text:
                return None
            try:
                # What is no plain date becomes the empty text, which is no date either
                return date.fromisoformat(text if _DATE.fullmatch(text) else "")
            except ValueError:
                raise ValueError(f"{name}: must be a date, YYYY-MM-DD") from None

        def number(name: str) -> int:
            text = given.get(name, "") or "0"
            if not _COUNT.fullmatch(text):
                raise ValueError(f"{name}: must be a whole number, not negative")
            return int(text)

        def money(name: str) -> int | None:
            text = given.get(name, "")
            if text and not _MONEY.fullmatch(text):
                raise ValueError(
                    f"{name}: must be an amount with at most two decimals, such as 12.50, not negative"
                )
            return int(Decimal(text) * 100) if text else None

        on = day("date")
        if on is None:
            raise ValueError("date: is required")
        campaign = Campaign(
            id="",
            tenant_id=self._tenant_id,
            name=given["campaign_name"],
            channel=given.get("channel") or "other",
            status=given.get("status") or "active",
            currency=given["currency"],
            budget=money("budget"),
            start_date=day("start_date"),
            end_date=day("end_date"),
        )
        counts = {name: number(name) for name in COUNTS}
        return campaign, Metric("", on, **counts, **{name: money(name) or 0 for name in AMOUNTS})

    def _spool_it(self, campaign: Campaign, metric: Metric, line: int) -> str | None:
        facts = _pack(campaign)
        first = self._spool.execute(
            "SELECT line, facts FROM campaign WHERE name = ?", (campaign.name,)
        ).fetchone()
        if first is None:
            self._spool.execute(
                "INSERT INTO campaign VALUES (?, ?, NULL, ?)", (campaign.name, line, facts)
            )
        elif first[1] != facts:
            return f"differs from line {first[0]} in what it says of the campaign (channel, status, currency, budget or dates)"
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


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Never more of the file in memory than a line may have. Raises csv.Error for a longer one."""
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
        told = [f"missing: {', '.join(missing)}"] if missing else []
        told += (
            [f"unknown: {', '.join(ascii(c[: bounds.KEY]) for c in wrong[:5])}"] if wrong else []
        )
        told += [] if told else ["a column appears twice"]
        raise ExportsError(
            f"line 1 must name the columns {', '.join(REQUIRED + OPTIONAL)}; {'; '.join(told)}"
        )
    return cells


def _match(
    spool: sqlite3.Connection, tx: Transaction, tenant_id: str, result: Result
) -> Iterator[Campaign]:
    """Find each campaign of the file in the database by its name; yields those that are new."""
    rows = iter(spool.execute("SELECT name, line, facts FROM campaign ORDER BY line").fetchall())
    while batch := list(islice(rows, 500)):
        there: dict[str, list[Campaign]] = {}
        for one in tx.campaigns.by_name(tenant_id, [name for name, _, _ in batch]):
            there.setdefault(one.name, []).append(one)
        for name, line, facts in batch:
            found, wanted = there.get(name, []), _unpack(new_id(), tenant_id, name, facts)
            if len(found) > 1:
                result.bad(
                    line,
                    "there are several campaigns of this name in the tenant: rename all but one",
                )
            elif found and found[0].currency != wanted.currency:
                result.bad(line, f"currency: the campaign is kept in {found[0].currency}")
            elif not found:
                yield wanted
            spool.execute(
                "UPDATE campaign SET id = ? WHERE name = ?",
                ((found[0] if found else wanted).id, name),
            )


def _write(spool: sqlite3.Connection, tx: Transaction, result: Result, progress: Progress) -> None:
    (total,) = spool.execute("SELECT count(*) FROM day").fetchone()
    (result.campaigns,) = spool.execute("SELECT count(*) FROM campaign").fetchone()
    rows = spool.execute(
        "SELECT c.id, d.* FROM day d JOIN campaign c ON c.name = d.name ORDER BY c.id, d.date"
    )
    while batch := rows.fetchmany(BATCH):
        tx.campaigns.upsert_metrics([Metric(r[0], date.fromisoformat(r[2]), *r[3:]) for r in batch])
        result.days += len(batch)
        progress(result.days / total)


def _pack(campaign: Campaign) -> str:
    """What a line says about its campaign, as one text to compare and to keep; no fact can hold the
    separator."""
    facts = (
        campaign.channel,
        campaign.status,
        campaign.currency,
        campaign.budget,
        campaign.start_date,
        campaign.end_date,
    )
    return "\x1f".join("" if f is None else str(f) for f in facts)


def _unpack(campaign_id: str, tenant_id: str, name: str, facts: str) -> Campaign:
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
