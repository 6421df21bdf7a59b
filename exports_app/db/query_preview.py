"""The first rows of a query, and how many it has, within a time limit."""

import time
from typing import Any

from sqlalchemy import Connection, func, select

from exports_app.db.time_limits import TimeIsUp, until
from exports_app.services.core.interfaces import Ranking
from exports_app.services.core.records import Sample


def sample(
    connection: Connection, query: Any, limit: int, seconds: float, ranking: Ranking | None = None
) -> Sample:
    """Implements `Transaction.sample`."""
    query = _ranked(query, ranking) if ranking else query
    deadline = time.monotonic() + seconds
    rows: list[Any] = []
    try:
        with until(connection, deadline):
            rows = [tuple(row) for row in connection.execute(_whole(query).limit(limit))]
        if len(rows) < limit:
            return Sample(rows, len(rows))
        counted = select(func.count()).select_from(_unordered(query).subquery())
        with until(connection, deadline):
            return Sample(rows, connection.execute(counted).scalar_one())
    except TimeIsUp:
        return Sample(rows, None)


def _is_limited(query: Any) -> bool:
    return bool(query._has_row_limiting_clause)  # noqa: SLF001 (SQLAlchemy has no public way to ask)


def _whole(query: Any) -> Any:
    """The query, to which a limit can be added: a limit of its own stays in a subquery."""
    return select(query.subquery()) if _is_limited(query) else query


def _unordered(query: Any) -> Any:
    """Without its order, unless that decides which rows it yields."""
    return query if _is_limited(query) else query.order_by(None)


def _ranked(query: Any, ranking: Ranking) -> Any:
    rows = _unordered(query).subquery()
    columns = list(rows.c)
    by = columns[ranking.column]
    if ranking.divided_by is not None:
        by = by * 1.0 / func.nullif(columns[ranking.divided_by], 0)
    chosen = (
        select(rows)
        if ranking.only is None
        else select(rows).where(columns[ranking.only[0]] == ranking.only[1])
    )
    # Two more columns, so that rows with equal values always have the same order
    return chosen.order_by(
        by.desc().nulls_last() if ranking.descending else by.asc().nulls_first(),
        columns[1],
        columns[0],
    )


def count(connection: Connection, query: Any, limit: int, seconds: float) -> int | None:
    """Implements `Store.count`."""
    first = _unordered(_whole(query)).limit(limit)
    counted = select(func.count()).select_from(first.subquery())
    try:
        with until(connection, time.monotonic() + seconds):
            return int(connection.execute(counted).scalar_one())
    except TimeIsUp:
        return None
