"""Conditions of a search: see `exports_app.db.search` for where databases keep what is searched."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    TableClause,
    Text,
    and_,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy import column as column_of
from sqlalchemy import table as table_of

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


def matches(
    connection: Connection,
    of: Table,
    searched: Searched,
    q: str,
    within: Tenants = None,
    others: Collection[str] = (),
) -> Any:
    """Whether a row of the table has all words of `q`, in any order, case and accents, each as a
    part of its words. True where `q` has none. others: ids of rows that count as found too."""
    wanted = words(q)
    if connection.dialect.name == "postgresql":
        folded: Any = literal_column(searched.expression(f"{of.name}."), Text())
        found = and_(true(), *(folded.contains(word, autoescape=True) for word in wanted))
        return found | of.c.id.in_(others) if others else found
    names = ("number", "id", "tenant_id", "text")
    texts = table_of(searched.texts, *(column_of(name) for name in names))
    return _Texts(connection, of, searched, texts, wanted, within).condition(others)


@dataclass(frozen=True)
class _Texts:
    """SQLite's folded texts."""

    connection: Connection
    of: Table
    searched: Searched
    texts: TableClause
    wanted: Sequence[str]
    within: Tenants

    def condition(self, others: Collection[str]) -> Any:
        query = self._scanning() if self._is_small() else self._by_words()
        ids = list(self.connection.execute(query.limit(FEW + 1)).scalars())
        if len(ids) <= FEW:
            return self.of.c.id.in_({*ids, *others})
        c = self.texts.c
        found = select(c.id).where(c.id == self.of.c.id, *self._has(self.wanted)).exists()
        return found | self.of.c.id.in_(others) if others else found

    def _has(self, wanted: Sequence[str]) -> list[Any]:
        return [func.instr(self.texts.c.text, word) > 0 for word in wanted]

    def _of_tenants(self) -> list[Any]:
        return [] if self.within is None else [self.texts.c.tenant_id.in_(self.within)]

    def _is_small(self) -> bool:
        """Whether the texts that may be read are few."""
        if self.within is None:
            return False
        first = select(self.texts.c.number).where(*self._of_tenants()).limit(SMALL + 1)
        count = select(func.count()).select_from(first.subquery())
        return self.connection.execute(count).scalar_one() <= SMALL

    def _scanning(self) -> Select[Any]:
        return select(self.texts.c.id).where(*self._of_tenants(), *self._has(self.wanted))

    def _by_words(self) -> Select[Any]:
        long = [word for word in self.wanted if len(word) >= SHORTEST]
        if not long or not self._has_index():
            return self._scanning()
        phrases = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in long)
        words_of = table_of(self.searched.words, column_of("rowid"))
        match = text(f"{self.searched.words} MATCH :phrases").bindparams(phrases=phrases)
        short = [word for word in self.wanted if len(word) < SHORTEST]
        query = select(self.texts.c.id).select_from(
            words_of.join(self.texts, self.texts.c.number == words_of.c.rowid)
        )
        return query.where(match, *self._of_tenants(), *self._has(short))

    def _has_index(self) -> bool:
        found = text("SELECT 1 FROM sqlite_master WHERE name = :name")
        row = self.connection.execute(found, {"name": self.searched.words}).first()
        return row is not None
