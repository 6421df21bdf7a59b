"""Kept counts: sums of rows that triggers add."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import table


class KeptCountRepository:
    """keys: the columns that say what a row counts."""

    def __init__(self, connection: Connection, counts: Table, keys: tuple[str, ...]) -> None:
        self._connection = connection
        self._table = counts
        self._keys = [counts.c[key] for key in keys]

    def newest_row(self, at_least: int) -> int | None:
        c = self._table.c
        of_each = select(func.count().label("rows"), func.max(c.id).label("newest"))
        counts = of_each.group_by(*self._keys).subquery()
        sums = select(func.sum(counts.c.rows), func.count(), func.max(counts.c.newest))
        rows, different, newest = self._connection.execute(sums.select_from(counts)).one()
        return newest if (rows or 0) >= max(at_least, 2 * different) else None

    def fold(self, up_to: int, limit: int) -> int:
        c = self._table.c
        # What another server folds just now is left to it: nobody waits, and no row counts twice
        first = select(c.id).where(c.id <= up_to).order_by(c.id).limit(limit)
        oldest = first.with_for_update(skip_locked=True).cte("oldest")
        removal = delete(self._table).where(c.id.in_(select(oldest.c.id)))
        removed = self._connection.execute(removal.returning(*self._keys, c.count)).all()
        sums: Counter[tuple[Any, ...]] = Counter()
        for *key, count in removed:
            sums[tuple(key)] += count
        names = [key.name for key in self._keys]
        rows = [
            {**dict(zip(names, key, strict=True)), "count": count}
            for key, count in sums.items()
            if count
        ]
        if rows:
            self._connection.execute(insert(self._table), rows)
        return len(removed)


class StatusCountRepository(KeptCountRepository):
    """Of runs and deliveries by status."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, table(models.StatusCountRow), ("kind", "status"))

    def runs(self) -> dict[str, int]:
        return self._of("run")

    def deliveries(self) -> dict[str, int]:
        return self._of("delivery")

    def _of(self, kind: str) -> dict[str, int]:
        c = self._table.c
        total = func.sum(c.count)
        query = select(c.status, total).where(c.kind == kind).group_by(c.status)
        counts = self._connection.execute(query.having(total != 0))
        return {status: int(count) for status, count in counts}
