"""Kept counts of runs and deliveries."""

from typing import Protocol


class StatusCountStore(Protocol):
    """Counts by status of all tenants, as exact as a count of the rows."""

    def runs(self) -> dict[str, int]:
        """Statuses without runs are left out."""

    def deliveries(self) -> dict[str, int]:
        """Statuses without deliveries are left out."""

    def newest_row(self, at_least: int) -> int | None:
        """The id of the newest of the rows from which the counts are added up; None where there are
        fewer than `at_least`."""

    def fold(self, up_to: int, limit: int) -> int:
        """Replace the oldest `limit` of these rows, of those up to an id, by newer ones with their
        sums. Returns how many were replaced. Several servers may fold at the same time."""
