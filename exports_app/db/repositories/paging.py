"""Pages of lists. Each is read from an index in the list's order, so that it costs its own rows,
however many others there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from exports_app.db.repositories.searching import Search
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import Page

MERGED = 64
"""Branches that are read each in its own order; more are read together and sorted."""


@dataclass(frozen=True)
class Listing:
    """Rows in the order of a column and, where it is equal, of their ids in the same direction;
    nulls are last in both directions.

    branches: conditions on the first columns of an index, of which each row meets one: a condition
    for each tenant, for example. together: what a row that meets one of them meets. search: what
    else is asked of them; counts_all: whether its own count is that of all these rows. counted:
    what all these rows meet anyway, and which leads a count to its index. kept: reads the
    number of all these rows where it is kept.
    """

    connection: Connection
    table: Table
    columns: Sequence[Any]
    where: Sequence[Any]
    page: Page
    branches: Sequence[ColumnElement[bool]] = ()
    together: Sequence[ColumnElement[bool]] = ()
    search: Search | None = None
    counts_all: bool = False
    counted: Sequence[ColumnElement[bool]] = ()
    kept: Callable[[], int] | None = None

    @property
    def _key(self) -> Any:
        return self.table.c[self.page.sort.removeprefix("-")]

    def rows(self) -> list[Any]:
        """Of the page, as mappings."""
        page, found = self.page, list[Any]()
        if not self._key.nullable:
            return self._read((), page.size, page.offset, page.after)
        value = page.after[0] if page.after else None
        is_past = page.after is not None and value is None
        if not is_past:
            found = self._read((self._key.is_not(None),), page.size, page.offset, page.after)
        if len(found) == page.size:
            return found
        offset = 0
        if not found and page.offset:  # the page begins among the nulls
            offset = max(0, page.offset - self._count((self._key.is_not(None),)))
        nulls = (self._key.is_(None),)
        after = page.after if is_past else None
        return found + self._read(nulls, page.size - len(found), offset, after)

    def total(self) -> int:
        """Of all pages; where the page has `most` and the rows are counted, at most one more."""
        if self.search is not None and self.counts_all:
            return self.search.count
        if self.kept is not None:
            return self.kept()
        if self.page.most is None:
            return self._count(())
        # No column, so that an index which has none of the others is enough
        first: Select[Any] = (
            select(literal_column("1")).select_from(self.table).where(*self._where(()))
        )
        first = first.limit(self.page.most + 1)
        return self._number(select(func.count()).select_from(first.subquery()))

    def _count(self, more: Sequence[Any]) -> int:
        count = select(func.count()).select_from(self.table)
        return self._number(count.where(*self._where(more)))

    def _number(self, query: Select[Any]) -> int:
        return int(self.connection.execute(query).scalar_one())

    def _where(self, more: Sequence[Any]) -> Sequence[Any]:
        searched = () if self.search is None else (self.search.of_all(),)
        return (*self.where, *self.together, *self.counted, *searched, *more)

    def _read(
        self, more: Sequence[Any], limit: int, offset: int, after: tuple[Any, str] | None
    ) -> list[Any]:
        searched = () if self.search is None else (self.search.of_rows(),)
        where = (*self.where, *searched, *more, *self._after(after))
        if 1 < len(self.branches) <= MERGED:
            query = self._merged(where, limit, offset)
        else:
            query = select(*self.columns).select_from(self.table)
            query = query.where(*where, *self.together).order_by(*self._order(self.table.c))
            query = query.limit(limit).offset(offset)
        return list(self.connection.execute(query).mappings())

    def _merged(self, where: Sequence[Any], limit: int, offset: int) -> Select[Any]:
        """The first rows of each branch, and of these the first ones."""
        c, key = self.table.c, self._key
        keys = [c.id] if key is c.id else [c.id, key]
        parts = [
            select(*keys).where(*where, branch).order_by(*self._order(c)).limit(limit + offset)
            for branch in self.branches
        ]
        first = union_all(*(select(part.subquery()) for part in parts)).subquery()
        chosen = select(first).order_by(*self._order(first.c)).limit(limit).offset(offset)
        ids = chosen.subquery()
        query = select(*self.columns).select_from(self.table).join(ids, ids.c.id == c.id)
        return query.order_by(*self._order(c))

    def _order(self, columns: Any) -> Sequence[Any]:
        by = [columns[name] for name in dict.fromkeys((self._key.name, "id"))]
        return [column.desc() for column in by] if self._is_descending() else by

    def _after(self, after: tuple[Any, str] | None) -> Sequence[Any]:
        """The rows behind the last one of the page before."""
        if after is None:
            return ()
        value, row_id = after
        if value is None:
            own = self.table.c.id
            return (own < row_id if self._is_descending() else own > row_id,)
        place = tuple_(self._key, self.table.c.id)
        return (place < after if self._is_descending() else place > after,)

    def _is_descending(self) -> bool:
        return self.page.sort.startswith("-")


def of_tenants(table: Table, within: Tenants) -> list[ColumnElement[bool]]:
    """A branch for each tenant; none where there is no limit to tenants."""
    return [table.c.tenant_id == tenant for tenant in sorted(within or ())]


def each_of(
    branches: Sequence[ColumnElement[bool]], others: Sequence[ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    """A branch for each pair."""
    if not branches or not others:
        return [*branches, *others]
    return [and_(branch, other) for branch in branches for other in others]
