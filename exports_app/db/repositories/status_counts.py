"""Kept counts of runs and deliveries by status."""

from collections import Counter

from sqlalchemy import Connection, delete, func, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import table


class StatusCountRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = table(models.StatusCountRow)

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

    def newest_row(self, at_least: int) -> int | None:
        row = self._table.c.id
        first = select(row).limit(at_least).subquery()
        count = self._connection.execute(select(func.count()).select_from(first)).scalar_one()
        newest: int | None = self._connection.execute(select(func.max(row))).scalar_one()
        return newest if count == at_least else None

    def fold(self, up_to: int, limit: int) -> int:
        c = self._table.c
        # What another server folds just now is left to it: nobody waits, and no row counts twice
        first = select(c.id).where(c.id <= up_to).order_by(c.id).limit(limit)
        oldest = first.with_for_update(skip_locked=True).cte("oldest")
        removal = delete(self._table).where(c.id.in_(select(oldest.c.id)))
        removed = self._connection.execute(removal.returning(c.kind, c.status, c.count)).all()
        sums: Counter[tuple[str, str]] = Counter()
        for kind, status, count in removed:
            sums[kind, status] += count
        rows = [
            {"kind": kind, "status": status, "count": count}
            for (kind, status), count in sums.items()
            if count
        ]
        if rows:
            self._connection.execute(insert(self._table), rows)
        return len(removed)
