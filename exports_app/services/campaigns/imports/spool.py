"""The lines of a file in a temporary SQLite file: it finds duplicates, and keeps memory flat for
files of any size."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from exports_app import log
from exports_app.domain.errors import StoreAway
from exports_app.services.campaigns.imports.lines import REMEMBERED, Line, as_compared
from exports_app.services.campaigns.service import check_campaign, check_metric
from exports_app.services.core.disk import NOT_WRITTEN
from exports_app.services.core.records import MEASURES, Campaign, Metric

BATCH = 5000
CAMPAIGNS = 500
"""Campaigns in a batch."""
_TABLES = """
CREATE TABLE campaign (
    number INTEGER PRIMARY KEY, key TEXT UNIQUE, line INTEGER, campaign_id TEXT, name TEXT,
    raw_name TEXT, details TEXT, id TEXT, is_new INTEGER);
CREATE TABLE spelling (number INTEGER, name TEXT, line INTEGER, PRIMARY KEY (number, name))
    WITHOUT ROWID;
CREATE TABLE day (
    number INTEGER, date TEXT, line INTEGER, impressions, clicks, conversions, spend, revenue,
    PRIMARY KEY (number, date)) WITHOUT ROWID;
CREATE TABLE stored_name (key TEXT, id TEXT);
CREATE INDEX by_key ON stored_name (key);
CREATE TABLE stored_day (id TEXT, date TEXT, PRIMARY KEY (id, date)) WITHOUT ROWID;
"""
_DATES = ("start_date", "end_date")

_log = log.get(__name__)


@dataclass(frozen=True)
class SpooledCampaign:
    """A campaign as the file has it. details: only what it gives."""

    number: int
    line: int
    campaign_id: str
    name: str
    raw_name: str
    details: Mapping[str, Any]


_SELECT = "SELECT number, line, campaign_id, name, raw_name, details FROM campaign"


def _campaign(row: Sequence[Any]) -> SpooledCampaign:
    number, line, campaign_id, name, raw_name, details = row
    return SpooledCampaign(number, line, campaign_id, name, raw_name, _unpacked(details))


def as_campaign(
    campaign_id: str, tenant_id: str, name: str, details: Mapping[str, Any]
) -> Campaign:
    """A new campaign, with defaults for what is not given."""
    values = {"channel": "other", "status": "active", **details}
    return Campaign(id=campaign_id, tenant_id=tenant_id, name=name, **values)


class Spool:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._known: dict[str, SpooledCampaign] = {}
        database.executescript(_TABLES)

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator["Spool"]:
        """Raises StoreAway."""
        try:
            with closing(sqlite3.connect("")) as database:
                yield cls(database)
        except sqlite3.OperationalError as e:  # its file is in the folder of temporary files
            _log.warning("a file cannot be written", reason=str(e))
            raise StoreAway(NOT_WRITTEN) from e

    def add(self, line: Line) -> None:
        """Raises ValueError with what is wrong with the line."""
        metric = Metric("", line.on, **line.measures)
        if errors := check_metric(metric):
            raise ValueError("; ".join(f"{e.pointer[1:]}: {e.detail}" for e in errors))
        number = self._add_campaign(line)
        measures = [line.measures.get(key) for key in MEASURES]
        try:
            self._database.execute(
                "INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (number, line.on.isoformat(), line.line, *measures),
            )
        except sqlite3.IntegrityError:
            (first,) = self._database.execute(
                "SELECT line FROM day WHERE number = ? AND date = ?", (number, line.on.isoformat())
            ).fetchone()
            raise ValueError(
                f"line {first} already has this campaign and date: include each day once"
            ) from None

    def _add_campaign(self, line: Line) -> int:
        """The campaign's number."""
        known = self._known.get(line.key) or self._find(line.key)
        if known is None:
            known = self._insert(line)
        elif line.details is not known.details and line.details != known.details:
            known = self._add_details(known, line)
        if line.name != known.name or line.raw_name != known.raw_name:
            spelling = line.name if line.name != known.name else line.raw_name
            self._database.execute(
                "INSERT OR IGNORE INTO spelling VALUES (?, ?, ?)",
                (known.number, spelling, line.line),
            )
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[line.key] = known
        return known.number

    def _find(self, key: str) -> SpooledCampaign | None:
        row = self._database.execute(f"{_SELECT} WHERE key = ?", (key,)).fetchone()
        return _campaign(row) if row else None

    def _insert(self, line: Line) -> SpooledCampaign:
        _check(line.name, line.details)
        values = (line.key, line.line, line.campaign_id, line.name, line.raw_name)
        number = self._database.execute(
            "INSERT INTO campaign (key, line, campaign_id, name, raw_name, details)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*values, _packed(line.details)),
        ).lastrowid
        assert number is not None
        return SpooledCampaign(number, *values[1:], line.details)

    def _add_details(self, known: SpooledCampaign, line: Line) -> SpooledCampaign:
        first = known.details
        if any(line.details[key] != first[key] for key in first if key in line.details):
            raise ValueError(
                f"differs from line {known.line} in what it says of the campaign (channel, status, "
                "currency, budget or dates)"
            )
        details = {**first, **line.details}
        _check(line.name, details)
        self._database.execute(
            "UPDATE campaign SET details = ? WHERE number = ?", (_packed(details), known.number)
        )
        return replace(known, details=details)

    @property
    def days(self) -> int:
        return self._count("SELECT count(*) FROM day")

    def campaigns(self, where: str = "1") -> Iterator[list[SpooledCampaign]]:
        """All campaigns in the file's order, in batches. They may be matched meanwhile."""
        last = 0
        while rows := self._database.execute(
            f"{_SELECT} WHERE number > ? AND {where} ORDER BY number LIMIT ?",
            (last, CAMPAIGNS),
        ).fetchall():
            yield [_campaign(row) for row in rows]
            last = rows[-1][0]

    def spellings(self, number: int) -> list[tuple[str, int]]:
        """The campaign's other spellings in the file, each with its first line."""
        query = "SELECT name, line FROM spelling WHERE number = ? ORDER BY line"
        return self._database.execute(query, (number,)).fetchall()

    def match(self, number: int, campaign_id: str, *, is_new: bool) -> None:
        """Note which stored campaign is meant, or which id the new one gets."""
        self._database.execute(
            "UPDATE campaign SET id = ?, is_new = ? WHERE number = ?",
            (campaign_id, is_new, number),
        )

    def new_campaigns(self, tenant_id: str) -> Iterator[list[Campaign]]:
        for batch in self.campaigns("is_new"):
            ids = self._ids(batch)
            yield [as_campaign(ids[c.number], tenant_id, c.name, c.details) for c in batch]

    def _ids(self, batch: list[SpooledCampaign]) -> dict[int, str]:
        query = "SELECT number, id FROM campaign WHERE number BETWEEN ? AND ?"
        return dict(self._database.execute(query, (batch[0].number, batch[-1].number)))

    def twice_matched(self) -> list[tuple[int, int]]:
        """The lines of two campaigns of the file that mean the same stored one."""
        return self._database.execute(
            "SELECT min(line), max(line) FROM campaign WHERE id IS NOT NULL GROUP BY id"
            " HAVING count(*) > 1 ORDER BY 1"
        ).fetchall()

    def new_twins(self) -> list[tuple[int, int]]:
        """The lines of new campaigns with one name and different ids."""
        return self._database.execute(
            "SELECT min(line), max(line) FROM campaign WHERE is_new"
            " GROUP BY substr(key, instr(key, char(31)) + 1) HAVING count(*) > 1 ORDER BY 1"
        ).fetchall()

    def add_stored_names(self, names: Iterator[tuple[str, str]]) -> None:
        """names: ids and names of all campaigns of the tenant."""
        self._database.executemany(
            "INSERT INTO stored_name VALUES (?, ?)",
            ((as_compared(name), campaign_id) for campaign_id, name in names),
        )

    def stored_ids(self, name: str) -> list[str]:
        """The ids of stored campaigns whose names look like this one."""
        query = "SELECT id FROM stored_name WHERE key = ?"
        return [row[0] for row in self._database.execute(query, (as_compared(name),))]

    def known_ids(self) -> Iterator[list[str]]:
        """The ids of stored campaigns that the file means, in batches."""
        rows = self._database.execute("SELECT DISTINCT id FROM campaign WHERE NOT is_new")
        while batch := rows.fetchmany(CAMPAIGNS):
            yield [row[0] for row in batch]

    def period(self) -> tuple[date, date]:
        """The file's first and last day."""
        first, last = self._database.execute("SELECT min(date), max(date) FROM day").fetchone()
        return date.fromisoformat(first), date.fromisoformat(last)

    def add_stored_days(self, days: Iterator[tuple[str, date]]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO stored_day VALUES (?, ?)",
            ((campaign_id, day.isoformat()) for campaign_id, day in days),
        )

    def replaced_days(self) -> int:
        """How many of the file's days are stored already."""
        return self._count(
            "SELECT count(*) FROM day d JOIN campaign c ON c.number = d.number"
            " JOIN stored_day s ON s.id = c.id AND s.date = d.date"
        )

    def metrics(self) -> Iterator[tuple[tuple[str, ...], list[Metric]]]:
        """All days in batches: the fields that they give, and the days with 0 for what they do not
        give."""
        rows = self._database.execute(
            "SELECT c.id, d.date, d.impressions, d.clicks, d.conversions, d.spend, d.revenue"
            " FROM day d JOIN campaign c ON c.number = d.number ORDER BY c.id, d.date"
        )
        while batch := rows.fetchmany(BATCH):
            by_fields: dict[tuple[str, ...], list[Metric]] = {}
            for campaign_id, day, *measures in batch:
                given = tuple(k for k, v in zip(MEASURES, measures, strict=True) if v is not None)
                metric = Metric(campaign_id, date.fromisoformat(day), *(v or 0 for v in measures))
                by_fields.setdefault(given, []).append(metric)
            yield from by_fields.items()

    def _count(self, query: str) -> int:
        (count,) = self._database.execute(query).fetchone()
        return int(count)


def _check(name: str, details: Mapping[str, Any]) -> None:
    """Raises ValueError."""
    if errors := check_campaign(as_campaign("", "", name, details)):
        raise ValueError("; ".join(f"{e.pointer[1:]}: {e.detail}" for e in errors))


def _packed(details: Mapping[str, Any]) -> str:
    return json.dumps({k: str(v) if isinstance(v, date) else v for k, v in details.items()})


def _unpacked(text: str) -> dict[str, Any]:
    details: dict[str, Any] = json.loads(text)
    for key in _DATES:
        if details.get(key):
            details[key] = date.fromisoformat(details[key])
    return details
