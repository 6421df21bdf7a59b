"""Kept counts of audit entries by tenant."""

from sqlalchemy import Connection, func, select

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.db.repositories.kept_counts import KeptCountRepository
from exports_app.services.core.interfaces import Tenants


class AuditCountRepository(KeptCountRepository):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, table(models.AuditCountRow), ("tenant_id",))

    def total(self, within: Tenants) -> int:
        """The entries of these tenants; None: all entries, also those of no tenant."""
        c = self._table.c
        query = select(func.coalesce(func.sum(c.count), 0))
        if within is not None:
            query = query.where(c.tenant_id.in_(within))
        return int(self._connection.execute(query).scalar_one())

    def of_installation(self) -> int:
        """The entries of no tenant."""
        c = self._table.c
        query = select(func.coalesce(func.sum(c.count), 0)).where(c.tenant_id.is_(None))
        return int(self._connection.execute(query).scalar_one())
