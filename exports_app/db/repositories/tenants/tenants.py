"""Tenants."""

from collections.abc import Mapping
from typing import Any

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import Tenant


class TenantRepository(Repository[Tenant]):
    model, record = models.TenantRow, Tenant

    def _make(self, row: Mapping[str, Any]) -> Tenant:
        return super()._make({**row, "recipient_domains": tuple(row["recipient_domains"] or ())})

    def get(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        return self._one(self._table.c.id == tenant_id, lock=lock)

    def by_slug(self, slug: str) -> Tenant | None:
        return self._one(self._table.c.slug == slug)

    def within(self, limit: Tenants) -> list[Tenant]:
        query = self._select().order_by(self._table.c.slug)
        return self._all(query if limit is None else query.where(self._table.c.id.in_(limit)))

    def add(self, tenant: Tenant) -> None:
        self._insert([tenant])

    def update(self, tenant_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == tenant_id, values=values)
