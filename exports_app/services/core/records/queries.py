"""Parts of lists and first rows of queries."""

from dataclasses import dataclass

from exports_app.domain.table import Row


@dataclass(frozen=True)
class Page:
    """Which part of a list. number: from 1; size: rows; sort: a key, '-' before it for
    descending."""

    number: int = 1
    size: int = 50
    sort: str = ""

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class Sample:
    """The first rows of a query and how many there are in all; None, and perhaps no rows, when the
    time was up."""

    rows: list[Row]
    total: int | None
