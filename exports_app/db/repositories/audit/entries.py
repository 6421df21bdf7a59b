"""Who did what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from sqlalchemy import and_, select

from exports_app.db import models
from exports_app.db.repositories.audit.counts import AuditCountRepository
from exports_app.db.repositories.base import Repository
from exports_app.db.repositories.paging import Listing, each_of, of_tenants
from exports_app.db.repositories.searching import FEW, Search
from exports_app.db.search import AUDIT, ORIGINS
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.interfaces import AuditFilter, Tenants
from exports_app.services.core.records import Action, AuditEntry, Page

SHORTEST_ORIGIN = 3
"""Characters from which on a search also looks at addresses, sessions and requests."""


class AuditRepository(Repository[AuditEntry]):
    model, record = models.AuditRow, AuditEntry
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"action": Action}

    def add(self, entries: Iterable[AuditEntry]) -> None:
        self._insert(entries)

    def find(self, within: Tenants, where: AuditFilter, page: Page) -> tuple[list[AuditEntry], int]:
        c = self._table.c
        tenants = of_tenants(self._table, within)
        together: list[Any] = [] if within is None else [c.tenant_id.in_(within)]
        if where.installation:
            tenants, together = [c.tenant_id.is_(None)], [c.tenant_id.is_(None)]
        actions = [action for action in Action if where.area == action.partition(".")[0]]
        if actions:
            together.append(c.action.in_(actions))
        branches = each_of(tenants, [c.action == action for action in actions])
        conditions = self._conditions(where)
        page = replace(page, sort=page.sort or "-at")
        search = self._mentions(where.q, within) if where.q else None
        others = bool(actions or conditions or where.installation or (search and search.others))
        return self._listed(
            Listing(
                *(self._connection, self._table, self._columns, conditions, page),
                branches,
                together,
                search,
                counts_all=not others,
                kept=None if search or actions or conditions else self._kept(within, where),
            )
        )

    def of_subject(self, subject_id: str, actions: Sequence[Action], most: int) -> list[AuditEntry]:
        c = self._table.c
        query = (
            self._select()
            .where(c.subject_id == subject_id, c.action.in_(actions))
            .order_by(c.at.desc())
            .limit(most)
        )
        return self._all(query)

    def _kept(self, within: Tenants, where: AuditFilter) -> Callable[[], int]:
        counts = AuditCountRepository(self._connection)
        return counts.of_installation if where.installation else lambda: counts.total(within)

    def _conditions(self, where: AuditFilter) -> list[Any]:
        c, conditions = self._table.c, list[Any]()
        if where.since is not None:
            conditions.append(c.at >= where.since)
        if where.before is not None:
            conditions.append(c.at < where.before)
        return conditions

    def _mentions(self, q: str, within: Tenants) -> Search:
        others = self._from(q) if len(q) >= SHORTEST_ORIGIN else []
        return Search.by(q, self._connection, self._table, AUDIT, within, others)

    def _from(self, q: str) -> Sequence[Any]:
        """Conditions of the entries that came from the address, or from a session or request whose
        id begins so; by their ids where these are few."""
        is_server = self._connection.dialect.name == "postgresql"
        address, session, request = (
            self._table.c[name].collate("C") if is_server else self._table.c[name]
            for name in ORIGINS
        )
        conditions = (address == q, *(_begins(part, q) for part in (session, request)))
        ids = set[str]()
        for condition in conditions:
            # Of all tenants, so that the index of the origin is read and not that of the tenant
            query = select(self._table.c.id).where(condition).limit(FEW + 1)
            ids |= set(self._connection.execute(query).scalars())
        if len(ids) > FEW:
            return conditions
        return [self._table.c.id.in_(ids)] if ids else []


def _begins(column: Any, beginning: str) -> Any:
    """Whether the text begins so, as a range in the order of code points."""
    last = ord(beginning[-1])
    if last in {0xD7FF, 0x10FFFF}:  # what follows is no character
        return column.startswith(beginning, autoescape=True)
    return and_(column >= beginning, column < beginning[:-1] + chr(last + 1))
