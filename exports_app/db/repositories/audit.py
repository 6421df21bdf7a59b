"""Who did what."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import func, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, contains
from exports_app.services.ports import AuditFilter, Tenants
from exports_app.services.records import Action, AuditEntry, Page


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
            conditions.append(
                contains(self._connection, c.actor_name, where.q) | contains(self._connection, c.subject_name, where.q)
            )
        total = self._connection.execute(select(func.count()).select_from(self._table).where(*conditions)).scalar_one()
        query = self._select().where(*conditions).order_by(c.at.desc(), c.id.desc())
        return self._all(query.offset(page.offset).limit(page.size)), total
