"""What a search finds: see `exports_app.db.search` for where databases keep what is searched."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    TableClause,
    UnaryExpression,
    func,
    or_,
    select,
    text,
)
from sqlalchemy import column as column_of
from sqlalchemy import table as table_of
from sqlalchemy.sql import operators

from exports_app.db.search import Searched
from exports_app.domain.search_words import words
from exports_app.services.core.interfaces import Tenants

FEW = 1_000
"""Rows that are found first, by their ids; of more, each row in the list's order is looked at until
the page is full."""
SMALL = 5_000
"""Rows of tenants whose texts are read rather than all texts with the words."""
SHORTEST = 3
"""Characters of a word that FTS5's trigrams can find."""


@dataclass(frozen=True)
class Search:
    """The rows of a table that have all words, in any order, case and accents, each as a part of
    its words; all rows where there are no words. others: conditions of rows that count as found
    too."""

    connection: Connection
    of: Table
    searched: Searched
    wanted: Sequence[str]
    within: Tenants
    others: Sequence[Any] = ()

    @classmethod
    def by(
        cls,
        q: str,
        connection: Connection,
        of: Table,
        searched: Searched,
        within: Tenants = None,
        others: Sequence[Any] = (),
    ) -> Self:
        return cls(connection, of, searched, words(q), within, others)

    @cached_property
    def count(self) -> int:
        """Of the rows with the words."""
        query = self._filtered(select(func.count()).select_from(self._counted_from()))
        return int(self.connection.execute(query).scalar_one())

    def of_rows(self) -> Any:
        """The condition for reading a page of them in the list's order."""
        found = self._ids() if self.count <= FEW else self._looked_at()
        return or_(found, *self.others)

    def of_all(self) -> Any:
        """The condition for counting those that meet others too."""
        found = self._ids() if self.count <= FEW else self.of.c.id.in_(self._found())
        return or_(found, *self.others)

    def _ids(self) -> Any:
        return self.of.c.id.in_(self._few)

    @cached_property
    def _few(self) -> list[str]:
        return list(self.connection.execute(self._found()).scalars()) if self.count else []

    def _looked_at(self) -> Any:
        c = self._texts.c
        return select(c.id).where(c.id == self.of.c.id, *self._has(self.wanted)).exists()

    def _found(self) -> Select[Any]:
        """The ids of the rows with the words."""
        return self._filtered(select(self._texts.c.id).select_from(self._joined()))

    def _filtered(self, query: Select[Any]) -> Select[Any]:
        tenant: ColumnElement[str] = self._texts.c.tenant_id
        if self._is_by_words:
            # The plus keeps SQLite from looking at each row of the tenant, and for each in the
            # index of the words, as it does before it has statistics: a minute for 10,000 rows
            tenant = UnaryExpression(tenant, operator=operators.custom_op("+"), type_=tenant.type)
        if self.within is not None:
            query = query.where(tenant.in_(self.within))
        if not self._is_by_words:
            return query.where(*self._has(self.wanted))
        phrases = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in self._long)
        match = text(f"{self.searched.words} MATCH :phrases").bindparams(phrases=phrases)
        return query.where(match, *self._has(self._short))

    def _joined(self) -> Any:
        if not self._is_by_words:
            return self._texts
        return self._words.join(self._texts, self._texts.c.number == self._words.c.rowid)

    def _counted_from(self) -> Any:
        """Where the index of the words alone says all, no text is read."""
        needs_texts = self.within is not None or self._short
        return self._joined() if needs_texts or not self._is_by_words else self._words

    @cached_property
    def _texts(self) -> TableClause:
        names = ("number", "id", "tenant_id", "text")
        return table_of(self.searched.texts, *(column_of(name) for name in names))

    @cached_property
    def _words(self) -> TableClause:
        return table_of(self.searched.words, column_of("rowid"))

    @property
    def _long(self) -> list[str]:
        return [word for word in self.wanted if len(word) >= SHORTEST]

    @property
    def _short(self) -> list[str]:
        return [word for word in self.wanted if len(word) < SHORTEST]

    @cached_property
    def _is_by_words(self) -> bool:
        """Whether SQLite's index of the words is used, and not each text read. PostgreSQL chooses
        its indexes itself."""
        return (
            not self._is_server and bool(self._long) and not self._is_small() and self._has_index()
        )

    def _has(self, wanted: Sequence[str]) -> list[Any]:
        own = self._texts.c.text
        if self._is_server:
            return [own.contains(word, autoescape=True) for word in wanted]
        return [func.instr(own, word) > 0 for word in wanted]

    @property
    def _is_server(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def _is_small(self) -> bool:
        """Whether the texts that may be read are few."""
        if self.within is None:
            return False
        of_tenants = self._texts.c.tenant_id.in_(self.within)
        first = select(self._texts.c.number).where(of_tenants).limit(SMALL + 1)
        count = select(func.count()).select_from(first.subquery())
        return self.connection.execute(count).scalar_one() <= SMALL

    def _has_index(self) -> bool:
        found = text("SELECT 1 FROM sqlite_master WHERE name = :name")
        row = self.connection.execute(found, {"name": self.searched.words}).first()
        return row is not None
