"""Who did what."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import func, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, contains
from exports_app.services.core.interfaces import AuditFilter, Tenants
from exports_app.services.core.records import Action, AuditEntry, Page

SHORTEST_ORIGIN = 3
"""Characters from which on a search also looks at addresses, sessions and requests."""


class AuditRepository(Repository[AuditEntry]):
    model, record = models.AuditRow, AuditEntry
    enums: ClassVar[Mapping[str, type]] = {"action": Action}

    def add(self, entry: AuditEntry) -> None:
        self._insert([entry])

    def find(self, within: Tenants, where: AuditFilter, page: Page) -> tuple[list[AuditEntry], int]:
        c = self._table.c
        conditions: list[Any] = [] if within is None else [c.tenant_id.in_(within)]
        if where.installation:
            conditions.append(c.tenant_id.is_(None))
        if where.area:
            conditions.append(c.action.startswith(f"{where.area}.", autoescape=True))
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
        total = self._connection.execute(
            select(func.count()).select_from(self._table).where(*conditions)
        ).scalar_one()
        query = self._select().where(*conditions).order_by(c.at.desc(), c.id.desc())
        return self._all(query.offset(page.offset).limit(page.size)), total
