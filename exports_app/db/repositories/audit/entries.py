"""Who did what."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from sqlalchemy import or_

from exports_app.db import models
from exports_app.db.repositories.base import Repository, contains
from exports_app.db.repositories.paging import Listing, each_of, of_tenants
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
        conditions = self._conditions(where)
        page = replace(page, sort="-at")
        return self._listed(
            Listing(
                *(self._connection, self._table, self._columns, conditions, page),
                branches,
                together,
            )
        )

    def _conditions(self, where: AuditFilter) -> list[Any]:
        c, conditions = self._table.c, list[Any]()
        if where.since is not None:
            conditions.append(c.at >= where.since)
        if where.before is not None:
            conditions.append(c.at < where.before)
        if where.q:
            names = [
                contains(self._connection, name, where.q) for name in (c.actor_name, c.subject_name)
            ]
            origins = [
                c.address == where.q,
                *(part.startswith(where.q, autoescape=True) for part in (c.session, c.request_id)),
            ]
            conditions.append(or_(*names, *(origins if len(where.q) >= SHORTEST_ORIGIN else [])))
        return conditions
