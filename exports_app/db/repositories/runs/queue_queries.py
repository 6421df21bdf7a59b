"""The queue of pending runs, read through two indexes: runs that may begin at once, in the order in
which they were created, and runs that wait for an instant, in the order of these instants. Both are
read in steps from one pair of tenant and trigger to the next, so that a query costs as many steps
as there are pairs, not as there are runs.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CTE, Select, and_, bindparam, exists, func, literal_column, select, union_all

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.domain.runs.states import ISOLATION_DEATHS, RunStatus

RUNS = table(models.RunRow)


def is_(column: Any, status: RunStatus) -> Any:
    """The status is written into the statement: only then can the database see that a partial index
    has the row."""
    return column == literal_column(f"'{status}'")


def is_live(c: Any) -> Any:
    """Pending or processing, in the words of the index of them."""
    return c.status.in_(
        [literal_column(f"'{status}'") for status in (RunStatus.PENDING, RunStatus.PROCESSING)]
    )


NOW = bindparam("now", type_=RUNS.c.created_at.type)


@cache
def next_runs(*more: str) -> Select[Any]:
    """The runs that may be next at the instant `now` (a parameter), at most two of each tenant and
    trigger. Columns: id, tenant_id, trigger, since. Built once: building it takes longer than
    executing it.

    since: the instant from which it could begin. more: columns that must be null.
    """
    ready = _next_runs(_Part("ready", "created_at", later=False), more)
    later = _next_runs(_Part("later", "next_attempt_at", later=True), more)
    both = union_all(ready, later).subquery()
    return select(both).order_by(both.c.since, both.c.id)


@dataclass(frozen=True)
class _Part:
    """One of the two indexes. order: its column after tenant and trigger."""

    name: str
    order: str
    later: bool

    def contains(self, c: Any) -> Any:
        waits = c.next_attempt_at.is_not(None) if self.later else c.next_attempt_at.is_(None)
        return and_(is_(c.status, RunStatus.PENDING), waits)


def _next_runs(part: _Part, more: tuple[str, ...]) -> Select[Any]:
    """The first run of each tenant and trigger that may begin, in one of the indexes."""
    pairs = _pairs(part)
    of_pair = RUNS.alias("of_pair")
    first = (
        select(_first_of_pair(part, more, of_pair).scalar_subquery().label("id"))
        .select_from(pairs.join(of_pair, of_pair.c.id == pairs.c.id))
        .subquery()
    )
    c = RUNS.alias(part.name).c
    return select(c.id, c.tenant_id, c.trigger, c[part.order].label("since")).where(
        c.id.in_(select(first.c.id))
    )


def _pairs(part: _Part) -> CTE:
    """One run of each tenant and trigger: a loose index scan
    (wiki.postgresql.org/wiki/Loose_indexscan), which neither database has of its own."""
    first = RUNS.alias("first")
    seen = RUNS.alias("seen")
    start = (
        select(first.c.id)
        .where(part.contains(first.c))
        .order_by(first.c.tenant_id, first.c.trigger)
        .limit(1)
    )
    pairs = select(start.scalar_subquery().label("id")).cte(recursive=True)
    step = _next_pair(part, seen)
    return pairs.union_all(select(step).select_from(pairs.join(seen, seen.c.id == pairs.c.id)))


def _next_pair(part: _Part, seen: Any) -> Any:
    """A run of the pair after that of the run `seen`."""
    same = RUNS.alias("same")
    other = RUNS.alias("other")
    # Two subqueries, not one over both columns: for that SQLite would use the first column alone
    trigger = select(same.c.id).where(
        part.contains(same.c), same.c.tenant_id == seen.c.tenant_id, same.c.trigger > seen.c.trigger
    )
    trigger = trigger.order_by(same.c.trigger).limit(1).correlate(seen)
    tenant = select(other.c.id).where(part.contains(other.c), other.c.tenant_id > seen.c.tenant_id)
    tenant = tenant.order_by(other.c.tenant_id, other.c.trigger).limit(1).correlate(seen)
    return func.coalesce(trigger.scalar_subquery(), tenant.scalar_subquery())


def _first_of_pair(part: _Part, more: tuple[str, ...], of_pair: Any) -> Select[Any]:
    """The first run with the tenant and trigger of `of_pair` that may begin."""
    head = RUNS.alias("head")
    conditions = [
        part.contains(head.c),
        head.c.deaths < ISOLATION_DEATHS,  # the others are executed alone (`next_isolated`)
        *(head.c[name].is_(None) for name in more),
        *_free(head.c),
    ]
    if part.later:
        conditions.append(head.c.next_attempt_at <= NOW)
    first = select(head.c.id).where(
        head.c.tenant_id == of_pair.c.tenant_id, head.c.trigger == of_pair.c.trigger, *conditions
    )
    return first.order_by(head.c[part.order], head.c.id).limit(1).correlate(of_pair)


@cache
def next_isolated() -> Select[Any]:
    """The oldest run that may begin at the instant `now` and is executed alone."""
    c = RUNS.c
    return (
        select(c.id)
        .where(needs_isolation(c), *can_start(c, NOW))
        .order_by(c.created_at, c.id)
        .limit(1)
    )


def needs_isolation(c: Any) -> Any:
    """Workers died so often over this run that it is executed alone."""
    # In the words of the index
    indexed = and_(is_(c.status, RunStatus.PENDING), c.deaths > literal_column("0"))
    return and_(indexed, c.deaths >= ISOLATION_DEATHS)


def can_start(c: Any, now: Any) -> tuple[Any, ...]:
    """Conditions under which a pending run may begin at the instant."""
    return (c.next_attempt_at.is_(None) | (c.next_attempt_at <= now), *_free(c))


def _free(c: Any) -> tuple[Any, ...]:
    """No other run of its schedule is at work, or they may overlap."""
    other = RUNS.alias("other")
    same = other.c.scheduled_export_id == c.scheduled_export_id
    busy = exists().where(same, is_live(other.c), is_(other.c.status, RunStatus.PROCESSING))
    return (c.overlaps | ~busy,)
