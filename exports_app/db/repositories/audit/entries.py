"""Who did what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from sqlalchemy import and_, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.db.repositories.paging import Listing, each_of, of_tenants
from exports_app.db.repositories.searching import FEW, matches
from exports_app.db.search import AUDIT, ORIGINS
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.interfaces import AuditFilter, Tenants
from exports_app.services.core.records import Action, AuditEntry, Page

SHORTEST_ORIGIN = 3
"""Characters from which on a search also looks at addresses, sessions and requests."""


class AuditRepository(Repository[AuditEntry]):
    model, record = models.AuditRow, AuditEntry
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"action": Action}

    def add(self, entry: AuditEntry) -> None:
        self._insert([entry])

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
        conditions = self._conditions(within, where)
        page = replace(page, sort="-at")
        return self._listed(
            Listing(
                *(self._connection, self._table, self._columns, conditions, page),
                branches,
                together,
            )
        )

    def _conditions(self, within: Tenants, where: AuditFilter) -> list[Any]:
        c, conditions = self._table.c, list[Any]()
        if where.since is not None:
            conditions.append(c.at >= where.since)
        if where.before is not None:
            conditions.append(c.at < where.before)
        if where.q:
            conditions.append(self._mentions(where.q, within))
        return conditions

    def _mentions(self, q: str, within: Tenants) -> Any:
        if len(q) < SHORTEST_ORIGIN:
            return matches(self._connection, self._table, AUDIT, q, within)
        ids, conditions = self._from(q, within)
        if len(ids) <= FEW:
            return matches(self._connection, self._table, AUDIT, q, within, ids)
        return or_(matches(self._connection, self._table, AUDIT, q, within), *conditions)

    def _from(self, q: str, within: Tenants) -> tuple[set[str], Sequence[Any]]:
        """The ids of the first entries that came from the address, or from a session or request
        whose id begins so; and the conditions of all of them."""
        is_server = self._connection.dialect.name == "postgresql"
        address, session, request = (
            self._table.c[name].collate("C") if is_server else self._table.c[name]
            for name in ORIGINS
        )
        conditions = (address == q, *(_begins(part, q) for part in (session, request)))
        ids = set[str]()
        for condition in conditions:
            query = select(self._table.c.id).where(condition)
            if within is not None:
                query = query.where(self._table.c.tenant_id.in_(within))
            ids |= set(self._connection.execute(query.limit(FEW + 1)).scalars())
        return ids, conditions


def _begins(column: Any, beginning: str) -> Any:
    """Whether the text begins so, as a range in the order of code points."""
    last = ord(beginning[-1])
    if last in {0xD7FF, 0x10FFFF}:  # what follows is no character
        return column.startswith(beginning, autoescape=True)
    return and_(column >= beginning, column < beginning[:-1] + chr(last + 1))
