"""Kept counts of runs, deliveries and audit entries."""

from typing import Protocol


class KeptCountStore(Protocol):
    """Rows whose sums are the counts. Triggers of the database only add such rows."""

    def newest_row(self, at_least: int) -> int | None:
        """The id of the newest row; None where folding is not worth a write: where there are fewer
        than `at_least`, or less than two for each count."""

    def fold(self, up_to: int, limit: int) -> int:
        """Replace the oldest `limit` of the rows, of those up to an id, by newer ones with their
        sums. Returns how many were replaced. Several servers may fold at the same time."""


class StatusCountStore(KeptCountStore, Protocol):
    """Counts by status of all tenants, as exact as a count of the rows."""

    def runs(self) -> dict[str, int]:
        """Statuses without runs are left out."""

    def deliveries(self) -> dict[str, int]:
        """Statuses without deliveries are left out."""
