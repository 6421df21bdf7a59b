"""Pages of lists, and samples of queries."""

from dataclasses import dataclass

from exports_app.domain.table import Row


@dataclass(frozen=True)
class Page:
    """A page of a list. number: from 1. size: rows. sort: a key, '-' before it for descending."""

    number: int = 1
    size: int = 50
    sort: str = ""

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class Sample:
    """The first rows of a query. total: the number of all; None after a timeout, when rows may be
    missing too."""

    rows: list[Row]
    total: int | None
