"""Pages of lists, and samples of queries."""

from dataclasses import dataclass
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.table import Row


@dataclass(frozen=True)
class Page:
    """A page of a list. number: from 1. size: rows. sort: a key, '-' before it for descending.

    after: the sorted value and the id of the last row of the page before; then the number does not
    count. most: the total is counted no further than one more than that.
    """

    number: int = 1
    size: int = 50
    sort: str = ""
    after: tuple[Any, str] | None = None
    most: int | None = None

    @property
    def offset(self) -> int:
        return 0 if self.after else (self.number - 1) * self.size


def capped(number: int, size: int, sort: str = "") -> Page:
    """A page of a list that people turn the pages of: not beyond FARTHEST, and counted no
    further."""
    return Page(min(number, bounds.FARTHEST // size + 1), size, sort, most=bounds.FARTHEST)


@dataclass(frozen=True)
class Sample:
    """The first rows of a query. total: the number of all; None after a timeout, when rows may be
    missing too."""

    rows: list[Row]
    total: int | None
