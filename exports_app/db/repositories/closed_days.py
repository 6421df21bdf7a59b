"""Figures of a tenant's runs by day: counted from the runs, or kept since the day is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, and_, case, cast, delete, func, select

from exports_app.db import models
from exports_app.db.repositories.base import table, upsert
from exports_app.db.repositories.runs.queue_queries import is_live
from exports_app.db.types import seconds_between
from exports_app.domain.runs import durations
from exports_app.domain.runs.durations import Spread
from exports_app.domain.runs.states import TRIALS, RunStatus
from exports_app.services.core.interfaces.analytics import DayFigures, Span

RUNS = table(models.RunRow)
SENT = (RunStatus.COMPLETED, RunStatus.PARTIAL)
LIVE = {RunStatus.PENDING, RunStatus.PROCESSING}
CLOSING = 0x65787002
"""Class of PostgreSQL's advisory locks of tenants whose days are being closed. A trigger of
migration 0034 has its number too."""


class RunDayRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed = table(models.ClosedDayRow)

    def days(self, tenant_id: str, spans: Sequence[Span]) -> list[DayFigures]:
        return [
            figures for part in _in_a_row(spans) for figures in self._count_days(tenant_id, part)
        ]

    def _count_days(self, tenant_id: str, spans: Sequence[Span]) -> list[DayFigures]:
        """spans: each begins where the one before ends."""
        c, day = RUNS.c, _day(spans)
        sent = and_(c.status.in_(SENT), c.started_at.is_not(None), c.completed_at.is_not(None))
        taken = func.round(seconds_between(c.started_at, c.completed_at) * 1000)
        length = case((sent, cast(taken, BigInteger)))
        where = [c.tenant_id == tenant_id, c.created_at >= spans[0].begins]
        where.append(c.trigger.not_in(TRIALS))
        if (end := spans[-1].ends) is not None:
            where.append(c.created_at < end)
        query = select(day, c.status, length, func.count()).where(*where)
        counts = [dict[RunStatus, int]() for _ in spans]
        lengths = [dict[int, int]() for _ in spans]
        for at, status, taken_ms, runs in self._connection.execute(
            query.group_by(day, c.status, length)
        ):
            counts[at][RunStatus.of(status)] = counts[at].get(RunStatus.of(status), 0) + runs
            if taken_ms is not None:
                length_ms = max(0, taken_ms)  # negative where the clock was set back meanwhile
                lengths[at][length_ms] = lengths[at].get(length_ms, 0) + runs
        return [
            DayFigures(of, durations.spread(taken), durations.rounded(taken))
            for of, taken in zip(counts, lengths, strict=True)
        ]

    def closed_days(self, tenant_id: str, spans: Sequence[Span]) -> dict[Span, DayFigures]:
        c = self._closed.c
        rows = self._connection.execute(
            select(self._closed).where(*self._in(tenant_id, spans)).order_by(c.ends)
        )
        kept = {Span(row.begins, row.ends): _figures(row) for row in rows}
        return {span: kept[span] for span in spans if span in kept}

    def open_days(self, tenant_id: str, spans: Sequence[Span]) -> list[Span]:
        if not spans:
            return []
        c, run = self._closed.c, RUNS.c
        rows = self._connection.execute(select(c.begins, c.ends).where(*self._in(tenant_id, spans)))
        kept = {Span(begins, ends) for begins, ends in rows}
        # The words of the index of open runs: only with them is it used
        query = select(run.created_at).where(run.tenant_id == tenant_id, is_live(run))
        live = list(self._connection.execute(query).scalars())
        return [
            span
            for span in spans
            if span not in kept
            and not any(span.begins <= at and (span.ends is None or at < span.ends) for at in live)
        ]

    def close_days(self, tenant_id: str, spans: Sequence[Span]) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer at a time
            # A transaction that changes a run of the day, and has not committed, is waited for;
            # the next one waits, and then drops what is kept here
            lock = func.pg_advisory_xact_lock(CLOSING, func.hashtext(tenant_id))
            self._connection.execute(select(lock))
        rows = [
            {
                "tenant_id": tenant_id,
                "ends": span.ends,
                "begins": span.begins,
                "counts": {str(status): runs for status, runs in figures.counts.items()},
                "delivered": figures.durations.count if figures.durations else 0,
                "mean": figures.durations.mean if figures.durations else 0.0,
                "p95": figures.durations.p95 if figures.durations else 0.0,
                "lengths": {str(length): runs for length, runs in figures.lengths.items()},
            }
            for span, figures in zip(spans, self.days(tenant_id, spans), strict=True)
            if LIVE.isdisjoint(figures.counts)
        ]
        if rows:
            new = upsert(self._connection.dialect.name, self._closed).on_conflict_do_nothing()
            self._connection.execute(new, rows)

    def forget_days(self, ended_before: datetime, limit: int) -> None:
        c = self._closed.c
        key = (c.tenant_id, c.ends, c.begins)
        old = select(*key).where(c.ends < ended_before).limit(limit)
        for row in self._connection.execute(old).all():
            same = [column == value for column, value in zip(key, row, strict=True)]
            self._connection.execute(delete(self._closed).where(*same))

    def _in(self, tenant_id: str, spans: Sequence[Span]) -> tuple[Any, ...]:
        c = self._closed.c
        return c.tenant_id == tenant_id, c.ends > spans[0].begins


def _figures(row: Any) -> DayFigures:
    counts = {RunStatus.of(status): runs for status, runs in row.counts.items()}
    lengths = {int(length): runs for length, runs in row.lengths.items()}
    return DayFigures(
        counts, Spread(row.delivered, row.mean, row.p95) if row.delivered else None, lengths
    )


def _in_a_row(spans: Sequence[Span]) -> list[list[Span]]:
    """Parts of days of which each begins where the one before ends."""
    parts: list[list[Span]] = []
    for span in spans:
        if parts and parts[-1][-1].ends == span.begins:
            parts[-1].append(span)
        else:
            parts.append([span])
    return parts


def _day(spans: Sequence[Span]) -> Any:
    """The index, in `spans`, of the day on which a run was created. Days are compared by their
    first instants, since the two databases have different names of time zones."""
    last_first = reversed(list(enumerate(spans)))
    whens = [(RUNS.c.created_at >= span.begins, cast(at, Integer)) for at, span in last_first]
    return case(*whens).label("day")
