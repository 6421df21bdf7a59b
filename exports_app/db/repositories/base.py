"""The base of the repositories. They run inside the caller's transaction and never commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import (
    Connection,
    Select,
    Table,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from exports_app.db.repositories.paging import Listing, of_tenants
from exports_app.db.repositories.searching import Search
from exports_app.db.search import Searched
from exports_app.db.types import like_ascii
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import (
    Page,
)

R = TypeVar("R")


def table(model: type[SQLModel]) -> Table:
    own: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return own


def upsert(dialect: str, into: Table) -> Any:
    """An INSERT with ON CONFLICT: SQLite and PostgreSQL have the same syntax, but SQLAlchemy a
    function for each."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(into)


def contains(connection: Connection, column: Any, text: str) -> Any:
    """Whether the column contains the text, in any case; % and _ in it have no special meaning."""
    if text.isascii():
        pattern = text.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
        return like_ascii(column, f"%{pattern}%")
    # Names are compared by code point, in which collation PostgreSQL's lower() knows ASCII alone;
    # the database's own knows more
    whole = column.collate("default") if connection.dialect.name == "postgresql" else column
    return func.lower(whole).contains(text.lower(), autoescape=True)


def forget(
    connection: Connection, of: Table, key: Any, expired_before: datetime, limit: int
) -> int:
    """Remove at most `limit` rows that expired before the instant. Returns their number."""
    old = select(key).where(of.c.expires_at < expired_before).limit(limit)
    return connection.execute(delete(of).where(key.in_(old))).rowcount


def distinct(connection: Connection, column: Any, *where: Any) -> list[str]:
    """The values of a column, in order: a step into an index that begins with it for each
    (wiki.postgresql.org/wiki/Loose_indexscan), which neither database does by itself."""
    # Not by min(): where a condition is about another table, PostgreSQL would read all rows for it
    least = select(column).where(*where).order_by(column).limit(1)
    first = least.where(column.is_not(None))
    values = select(first.scalar_subquery().label("value")).cte(recursive=True)
    following = least.where(column > values.c.value)
    step = select(following.correlate(values).scalar_subquery())
    values = values.union_all(step.where(values.c.value.is_not(None)))
    found = connection.execute(select(values.c.value).where(values.c.value.is_not(None)))
    return list(found.scalars())


def in_order(query: Select[Any], row_id: Any) -> Select[Any]:
    """The rows locked by their ids, so that no two transactions wait for each other. With the
    weakest lock that a change needs."""
    return query.order_by(row_id).with_for_update(key_share=True)


class Repository(Generic[R]):
    model: ClassVar[type[SQLModel]]
    record: type[R]
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {}
    """Columns whose text is one of the domain's enumerations, or a newer version's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = table(self.model)
        self._columns = [self._table.c[f.name] for f in fields(self.record)]  # type: ignore[arg-type]  # R is always a dataclass

    def _make(self, row: Mapping[str, Any]) -> R:
        return self.record(
            **{
                k: self.enums[k].of(v) if k in self.enums and v is not None else v
                for k, v in row.items()
            }
        )

    def _select(self) -> Select[Any]:
        return select(*self._columns)

    def _all(self, query: Select[Any]) -> list[R]:
        return [self._make(dict(row)) for row in self._connection.execute(query).mappings()]

    def _one(self, *where: Any, lock: bool = False, share: bool = False) -> R | None:
        """lock: no other transaction may change the row until this one ends. share: the same, but
        others may take the shared lock too. SQLite has one writer at a time, and no such clause."""
        query = self._select().where(*where)
        if lock or share:
            query = query.with_for_update(read=share, key_share=lock)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else self._make(dict(row))

    def _insert(self, records: Iterable[Any]) -> None:
        rows = [asdict(r) for r in records]
        if rows:
            self._connection.execute(insert(self._table), rows)

    def _update(self, *where: Any, values: Mapping[str, Any]) -> int:
        return self._connection.execute(
            update(self._table).where(*where).values(dict(values))
        ).rowcount

    def _due(self, now: datetime, limit: int, *of: Any) -> list[R]:
        """Of a table of messages: those to be sent, the longest waiting first. of: conditions of
        those that this version knows; a newer one sends the others."""
        c = self._table.c
        due = self._select().where(
            c.next_attempt_at <= now, c.status.in_(list(DeliveryStatus)), *of
        )
        return self._all(due.order_by(c.next_attempt_at, c.id).limit(limit))

    def _forget(self, created_before: datetime, limit: int) -> int:
        """Of a table of messages: remove at most `limit` that ended and were written before the
        instant. Returns their number."""
        c = self._table.c
        ended = select(c.id).where(c.created_at < created_before, c.next_attempt_at.is_(None))
        removal = delete(self._table).where(c.id.in_(ended.limit(limit)))
        return self._connection.execute(removal).rowcount

    def _release(self, now: datetime) -> None:
        """Of a table of messages: those that are being sent are due."""
        c = self._table.c
        # In the words of the index
        sending = c.status == literal_column(f"'{DeliveryStatus.SENDING}'")
        self._update(sending, values={"next_attempt_at": now})

    def _hold(self, reason: str, limit: int) -> int:
        """Of a table of messages: those that wait are unknown, and are not sent any more. Returns
        how many of at most `limit`."""
        c = self._table.c
        # A comparison, in place of IS NOT NULL: SQLite reads it from the index
        waiting = select(c.id).where(c.next_attempt_at > datetime.min.replace(tzinfo=UTC))
        waiting = waiting.limit(limit)
        held = {"status": DeliveryStatus.UNKNOWN, "next_attempt_at": None, "error": reason}
        return self._update(c.id.in_(waiting), values=held)

    def _waiting(self, at_most: int) -> int:
        """Of a table of messages: how many are still to be sent, counted up to `at_most`."""
        c = self._table.c
        # A comparison, as in _hold
        waiting = select(c.id).where(c.next_attempt_at > datetime.min.replace(tzinfo=UTC))
        counted = select(func.count()).select_from(waiting.limit(at_most).subquery())
        count: int = self._connection.execute(counted).scalar_one()
        return count

    def _change_seen(self, seen: Any, values: Mapping[str, Any]) -> bool:
        """Change a message unless another process has done so since it was seen."""
        c = self._table.c
        same = (c.id == seen.id, c.attempts == seen.attempts, c.status == seen.status)
        return self._update(*same, values=values) == 1

    def _page(
        self, where: Sequence[Any], page: Page, within: Tenants = None, **more: Any
    ) -> tuple[list[R], int]:
        """within: of a table with tenants. more: of `Listing`."""
        together = () if within is None else (self._table.c.tenant_id.in_(within),)
        branches = of_tenants(self._table, within)
        return self._listed(
            Listing(
                *(self._connection, self._table, self._columns, where, page, branches, together),
                **more,
            )
        )

    def _search(self, searched: Searched, q: str, within: Tenants = None) -> Search | None:
        """None: nothing is searched for."""
        return Search.by(q, self._connection, self._table, searched, within) if q else None

    def _listed(self, listing: Listing) -> tuple[list[R], int]:
        rows, page = listing.rows(), listing.page
        is_whole = page.offset == 0 and page.after is None and len(rows) < page.size
        return [self._make(dict(row)) for row in rows], len(rows) if is_whole else listing.total()

    def _within(self, query: Select[Any], within: Tenants) -> Select[Any]:
        return query if within is None else query.where(self._table.c.tenant_id.in_(within))
