"""Folds the rows from which the counts of runs and deliveries are added up."""

from collections.abc import Callable

from exports_app.services.core.interfaces import Store

BATCH = 2_000
"""Rows in one transaction, which blocks other writers on SQLite."""
FEW = 200
"""So many rows are not worth a write."""


class StatusCounts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def fold(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """stopped: checked between batches. Returns the number of rows that were folded. Raises
        Unavailable."""
        with self._store.read() as tx:
            newest = tx.status_counts.newest_row(FEW)
        if newest is None:
            return 0
        folded = 0
        while not stopped():
            with self._store.write() as tx:
                batch = tx.status_counts.fold(newest, BATCH)
            folded += batch
            if batch < BATCH:
                break
        return folded
