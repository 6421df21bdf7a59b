"""Folds the rows from which the counts of runs, deliveries and audit entries are added up."""

from collections.abc import Callable

from exports_app.services.core.interfaces import KeptCountStore, Store, Transaction

BATCH = 2_000
"""Rows in one transaction, which blocks other writers on SQLite."""
FEW = 200
"""So many rows are not worth a write."""


def _by_status(tx: Transaction) -> KeptCountStore:
    return tx.status_counts


def _of_audit(tx: Transaction) -> KeptCountStore:
    return tx.audit_counts


class KeptCounts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def fold(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """stopped: checked between batches. Returns the number of rows that were folded. Raises
        Unavailable."""
        return sum(self._fold(counts, stopped) for counts in (_by_status, _of_audit))

    def _fold(
        self, counts: Callable[[Transaction], KeptCountStore], stopped: Callable[[], bool]
    ) -> int:
        with self._store.read() as tx:
            newest = counts(tx).newest_row(FEW)
        if newest is None:
            return 0
        folded = 0
        while not stopped():
            with self._store.write() as tx:
                batch = counts(tx).fold(newest, BATCH)
            folded += batch
            if batch < BATCH:
                break
        return folded
