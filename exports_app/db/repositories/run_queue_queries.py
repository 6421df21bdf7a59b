"""The queue of pending runs, read in steps through two indexes: what may begin at once, in the
order in which it was made, and what waits for an instant, in the order of those. From one tenant
and trigger to the next, so that a look costs as many steps as there are such pairs, not as many as
there are runs.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, literal_column, select, union_all

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.domain.runs.states import ISOLATION_DEATHS, RunStatus

RUNS = table(models.RunRow)


def is_(column: Any, status: RunStatus) -> Any:
    """Written out: a partial index is used only where the statement itself shows that it holds the
    row."""
    return column == literal_column(f"'{status}'")


def is_live(c: Any) -> Any:
    """Pending or processing, as the index of them says it."""
    return c.status.in_(
        [literal_column(f"'{status}'") for status in (RunStatus.PENDING, RunStatus.PROCESSING)]
    )


NOW = bindparam("now", type_=RUNS.c.created_at.type)


@cache
def next_runs(*more: str) -> Select[Any]:
    """Of each tenant and trigger the runs whose turn may be next at the instant `now`, a parameter:
    at most two; columns: id, tenant_id, trigger, since. Made once: that takes longer than to
    execute it.

    since: from when on it could begin. more: columns that are to be null.
    """
    ready = _next_runs(_Part("ready", "created_at", later=False), more)
    later = _next_runs(_Part("later", "next_attempt_at", later=True), more)
    both = union_all(ready, later).subquery()
    return select(both).order_by(both.c.since, both.c.id)


@dataclass(frozen=True)
class _Part:
    """One of the two indexes. order: the column that it goes by within a tenant and trigger."""

    name: str
    order: str
    later: bool

    def contains(self, c: Any) -> Any:
        waits = c.next_attempt_at.is_not(None) if self.later else c.next_attempt_at.is_(None)
        return and_(is_(c.status, RunStatus.PENDING), waits)


def _next_runs(part: _Part, more: tuple[str, ...]) -> Select[Any]:
    """A loose index scan (wiki.postgresql.org/wiki/Loose_indexscan): neither database has one of
    its own."""
    first, seen, head = (RUNS.alias(name) for name in ("first", "seen", "head"))
    start = (
        select(first.c.id)
        .where(part.contains(first.c))
        .order_by(first.c.tenant_id, first.c.trigger)
        .limit(1)
    )
    pairs = select(start.scalar_subquery().label("id")).cte(recursive=True)
    same, other = RUNS.alias("same"), RUNS.alias("other")
    # Two steps rather than one over both columns, of which SQLite would go by the first alone
    trigger = select(same.c.id).where(
        part.contains(same.c), same.c.tenant_id == seen.c.tenant_id, same.c.trigger > seen.c.trigger
    )
    trigger = trigger.order_by(same.c.trigger).limit(1).correlate(seen)
    tenant = select(other.c.id).where(part.contains(other.c), other.c.tenant_id > seen.c.tenant_id)
    tenant = tenant.order_by(other.c.tenant_id, other.c.trigger).limit(1).correlate(seen)
    step = func.coalesce(trigger.scalar_subquery(), tenant.scalar_subquery())
    pairs = pairs.union_all(select(step).select_from(pairs.join(seen, seen.c.id == pairs.c.id)))
    of_pair = RUNS.alias("of_pair")
    # What took its workers down before is taken up by itself (`next_isolated`)
    may = [
        part.contains(head.c),
        head.c.deaths < ISOLATION_DEATHS,
        *(head.c[name].is_(None) for name in more),
        *_free(head.c),
    ]
    if part.later:
        may.append(head.c.next_attempt_at <= NOW)
    best = select(head.c.id).where(
        head.c.tenant_id == of_pair.c.tenant_id, head.c.trigger == of_pair.c.trigger, *may
    )
    best = best.order_by(head.c[part.order], head.c.id).limit(1).correlate(of_pair)
    found = (
        select(best.scalar_subquery().label("id"))
        .select_from(pairs.join(of_pair, of_pair.c.id == pairs.c.id))
        .subquery()
    )
    c = RUNS.alias(part.name).c
    return select(c.id, c.tenant_id, c.trigger, c[part.order].label("since")).where(
        c.id.in_(select(found.c.id))
    )


@cache
def next_isolated() -> Select[Any]:
    """The oldest run that may begin at the instant `now`, and is taken up alone."""
    c = RUNS.c
    return (
        select(c.id)
        .where(needs_isolation(c), *can_start(c, NOW))
        .order_by(c.created_at, c.id)
        .limit(1)
    )


def needs_isolation(c: Any) -> Any:
    """So often that it is taken up alone."""
    indexed = and_(
        is_(c.status, RunStatus.PENDING), c.deaths > literal_column("0")
    )  # as the index of them says it
    return and_(indexed, c.deaths >= ISOLATION_DEATHS)


def can_start(c: Any, now: Any) -> tuple[Any, ...]:
    """A pending one, at the instant."""
    return (c.next_attempt_at.is_(None) | (c.next_attempt_at <= now), *_free(c))


def _free(c: Any) -> tuple[Any, ...]:
    other = RUNS.alias("other")
    same = other.c.scheduled_export_id == c.scheduled_export_id
    busy = exists().where(same, is_live(other.c), is_(other.c.status, RunStatus.PROCESSING))
    return (c.overlaps | ~busy,)
