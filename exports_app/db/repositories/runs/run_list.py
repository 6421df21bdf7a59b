"""The runs of a tenant, across its schedules.

One of the filters leads to an index that has the runs in the list's order; the others are checked
on the runs that it gives, for a page on LOOKED_AT of them at most: no mix of filters costs more
than that, however long the history is.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Text,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from exports_app.db import models
from exports_app.db.repositories.base import contains, table
from exports_app.db.repositories.runs.queue_queries import is_live
from exports_app.db.repositories.runs.snapshots import StoredRuns
from exports_app.domain import bounds
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.interfaces import FoundRuns, RunFilter
from exports_app.services.core.records import Page, Run

RUNS = table(models.RunRow)
SCHEDULES = table(models.ScheduleRow)
DELIVERIES = table(models.DeliveryRow)
LOOKED_AT = 10_000
"""Runs on which filters without an index are checked for one page."""
CHECKED = (
    *("id", "created_at", "completed_at", "scheduled_export_id", "status", "trigger"),
    *("error", "error_code"),
)
"""What filters look at, beside the recipients."""

Conditions = Sequence[ColumnElement[bool]]
Place = tuple[datetime, str]
"""created_at and id of a run."""


class RunListRepository(StoredRuns):
    def find(self, tenant_id: str, where: RunFilter, page: Page) -> FoundRuns:
        if where.recipient and not where.is_part and self._is_rare(where.recipient):
            return self._of_places(self._addressed(tenant_id, where), page)
        lead, led_by = self._lead(tenant_id, where)
        if not _has_rest(where, led_by):
            ids = select(RUNS.c.id).where(*lead, *_behind(RUNS.c, page))
            ids = ids.order_by(*_order(RUNS.c, page)).limit(page.size + 1)
            found = list(self._connection.execute(ids).scalars())
            return FoundRuns(self._of_ids(found, page), len(found) > page.size, self._count(lead))
        return self._looked(lead, where, led_by, page)

    def with_id(self, tenant_id: str, beginning: str, limit: int) -> list[Run]:
        c = RUNS.c
        # In the order of code points a g comes after all that an id has
        ids = (c.id >= beginning, c.id < f"{beginning}g", c.tenant_id == tenant_id)
        where = (*ids, *self._of_live_schedules(tenant_id))
        return self._all(self._select().where(*where).order_by(c.id).limit(limit))

    def _looked(self, lead: Conditions, where: RunFilter, led_by: str, page: Page) -> FoundRuns:
        """The page, and what was looked at for it."""
        seen = _candidates(lead, page)
        ids = select(seen.c.id).where(*self._rest(seen.c, where, led_by))
        ids = ids.order_by(*_order(seen.c, page)).limit(page.size + 1)
        found = list(self._connection.execute(ids).scalars())
        newest = _newest(lead)
        matching = func.count().filter(*self._rest(newest.c, where, led_by))
        counts = select(func.count(), matching).select_from(newest)
        looked_at, total = self._connection.execute(counts).one()
        more = len(found) > page.size
        return FoundRuns(
            self._of_ids(found, page),
            more,
            total,
            looked_at if looked_at == LOOKED_AT else None,
            None if more else self._last_looked_at(lead, page),
        )

    def _last_looked_at(self, lead: Conditions, page: Page) -> Place | None:
        c = RUNS.c
        query = select(c.created_at, c.id).where(*lead, *_behind(c, page))
        query = query.order_by(*_order(c, page)).limit(1).offset(LOOKED_AT - 1)
        last = self._connection.execute(query).first()
        return None if last is None else (last.created_at, last.id)

    def _count(self, lead: Conditions) -> int:
        first: Any = select(literal_column("1")).select_from(RUNS).where(*lead)
        first = first.limit(bounds.FARTHEST + 1)
        count: int = self._connection.execute(
            select(func.count()).select_from(first.subquery())
        ).scalar_one()
        return count

    def _of_ids(self, ids: Sequence[str], page: Page) -> list[Run]:
        """The page's runs, the newest first."""
        runs = self._all(self._select().where(RUNS.c.id.in_(ids[: page.size])))
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)

    def _lead(self, tenant_id: str, where: RunFilter) -> tuple[Conditions, str]:
        """The conditions that an index of the list's order begins with, and the filter's name."""
        c = RUNS.c
        asked = [*_time(where)]
        if where.schedule_id:
            return [c.scheduled_export_id == where.schedule_id, *asked], "schedule_id"
        asked += [c.tenant_id == tenant_id, *self._of_live_schedules(tenant_id)]
        if where.status:
            return [c.status == where.status, *asked], "status"
        if where.trigger and where.trigger != Trigger.SCHEDULE:
            # In the words of the index too
            return [c.trigger == where.trigger, _is("trigger <> 'schedule'"), *asked], "trigger"
        return ([_is("error IS NOT NULL"), *asked] if where.reason else asked), ""

    def _of_live_schedules(self, tenant_id: str) -> Conditions:
        """Nothing where no schedule of the tenant is deleted: then no row is read to be counted."""
        c = SCHEDULES.c
        deleted = (c.tenant_id == tenant_id, c.deleted_at.is_not(None))
        if not self._connection.execute(select(exists().where(*deleted))).scalar_one():
            return ()
        return (RUNS.c.scheduled_export_id.not_in(select(c.id).where(*deleted)),)

    def _rest(self, columns: Any, where: RunFilter, led_by: str = "") -> Conditions:
        """What is still to be checked on candidates."""
        conditions: list[Any] = [
            columns[column] == value
            for name, column, value in (
                ("schedule_id", "scheduled_export_id", where.schedule_id),
                ("status", "status", where.status),
                ("trigger", "trigger", where.trigger),
            )
            if value and name != led_by
        ]
        if where.among is not None:
            conditions.append(columns.scheduled_export_id.in_(where.among))
        if where.ended_after is not None:
            conditions.append(columns.completed_at > where.ended_after)
        if where.reason:
            code = where.reason.strip().replace(" ", "_")
            conditions.append(
                or_(
                    contains(self._connection, columns.error, where.reason),
                    contains(self._connection, columns.error_code, code),
                )
            )
        if where.recipient:
            conditions.append(or_(*self._mentions(columns.recipients, where)))
        return conditions

    def _mentions(self, recipients: Any, where: RunFilter) -> Iterator[Any]:
        # JSON has letters beyond ASCII as escapes, in which case counts
        for text in {where.recipient.lower(), where.recipient.upper()}:
            wanted = json.dumps(text)
            part = wanted[1:-1] if where.is_part else wanted
            yield contains(self._connection, recipients, part)

    def _is_rare(self, address: str) -> bool:
        """Whether the runs that wrote to it can be read one by one."""
        first: Any = select(literal_column("1")).select_from(DELIVERIES).where(_to(address))
        count = select(func.count()).select_from(first.limit(LOOKED_AT + 1).subquery())
        rare: bool = self._connection.execute(count).scalar_one() <= LOOKED_AT
        return rare

    def _addressed(self, tenant_id: str, where: RunFilter) -> set[Place]:
        """Runs that wrote to the address, and those that have it among their recipients but failed
        before they sent anything, or have not come to it."""
        c = RUNS.c
        asked = [*self._of_live_schedules(tenant_id), *_time(where)]
        of_tenant = [c.tenant_id == tenant_id, *asked]
        written = (
            # The tenant hidden from indexes: the address leads
            _seen(func.coalesce(c.tenant_id, "") == tenant_id, *asked)
            .select_from(DELIVERIES.join(RUNS, c.id == DELIVERIES.c.history_id))
            .where(_to(where.recipient))
            .limit(LOOKED_AT)
            .subquery()
        )
        found = self._places(written, replace(where, recipient=""))
        failed = _newest([_is("error IS NOT NULL"), *of_tenant])
        under_way = _seen(is_live(c), *of_tenant).limit(LOOKED_AT).subquery()
        return found | self._places(failed, where) | self._places(under_way, where)

    def _places(self, candidates: Subquery, where: RunFilter) -> set[Place]:
        query = select(candidates.c.created_at, candidates.c.id)
        rows = self._connection.execute(query.where(*self._rest(candidates.c, where)))
        return {(row.created_at, row.id) for row in rows}

    def _of_places(self, places: Iterable[Place], page: Page) -> FoundRuns:
        newest = sorted(places, reverse=not _is_up(page))
        total = len(newest)
        if (after := page.after) is not None:
            newest = [each for each in newest if (each > after if _is_up(page) else each < after)]
        ids = [run_id for _, run_id in newest[: page.size]]
        return FoundRuns(self._of_ids(ids, page), len(newest) > page.size, total)


def _has_rest(where: RunFilter, led_by: str) -> bool:
    checked = {
        "schedule_id": where.schedule_id,
        "status": where.status,
        "trigger": where.trigger,
        "ended_after": where.ended_after,
        "among": where.among is not None,
        "reason": where.reason,
        "recipient": where.recipient,
    }
    return any(value for name, value in checked.items() if name != led_by)


def _is(condition: str) -> ColumnElement[bool]:
    return literal_column(condition)


def _to(address: str) -> ColumnElement[bool]:
    return DELIVERIES.c.target.in_({address, address.lower()})


def _time(where: RunFilter) -> Conditions:
    created = RUNS.c.created_at
    since = () if where.since is None else (created >= where.since,)
    return (*since, *(() if where.before is None else (created < where.before,)))


def _seen(*where: ColumnElement[bool]) -> Any:
    columns = [RUNS.c[name] for name in CHECKED]
    recipients = cast(RUNS.c.recipients, Text).label("recipients")
    return select(*columns, recipients).where(*where)


def _candidates(lead: Conditions, page: Page) -> Subquery:
    """The first LOOKED_AT runs of an index, in the page's direction."""
    query = _seen(*lead, *_behind(RUNS.c, page)).order_by(*_order(RUNS.c, page))
    candidates: Subquery = query.limit(LOOKED_AT).subquery()
    return candidates


def _newest(lead: Conditions) -> Subquery:
    """The newest LOOKED_AT runs of an index. Of runs of one instant any: the ids are not in every
    index."""
    newest: Subquery = _seen(*lead).order_by(RUNS.c.created_at.desc()).limit(LOOKED_AT).subquery()
    return newest


def _is_up(page: Page) -> bool:
    return not page.sort.startswith("-")


def _order(columns: Any, page: Page) -> list[Any]:
    by = [columns.created_at, columns.id]
    return by if _is_up(page) else [column.desc() for column in by]


def _behind(columns: Any, page: Page) -> Conditions:
    """The runs behind the one that the page begins at."""
    if page.after is None:
        return ()
    place = tuple_(columns.created_at, columns.id)
    return (place > page.after if _is_up(page) else place < page.after,)
