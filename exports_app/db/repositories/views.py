"""Saved views."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.services.core.records import SavedView


class ViewRepository(Repository[SavedView]):
    model, record = models.SavedViewRow, SavedView

    def get(self, view_id: str, *, lock: bool = False) -> SavedView | None:
        return self._one(self._table.c.id == view_id, lock=lock)

    def of_maker(self, tenant_id: str, user_id: str) -> list[SavedView]:
        # The index has the flag before the maker
        either = self._table.c.is_shared.in_([True, False])
        return self._by_name(tenant_id, either, self._table.c.maker_id == user_id)

    def shared(self, tenant_id: str) -> list[SavedView]:
        return self._by_name(tenant_id, self._table.c.is_shared)

    def _by_name(self, tenant_id: str, *where: Any) -> list[SavedView]:
        found = self._all(self._select().where(self._table.c.tenant_id == tenant_id, *where))
        return sorted(found, key=lambda view: (view.name.casefold(), view.id))

    def add(self, view: SavedView) -> None:
        self._insert([view])

    def update(self, view_id: str, version: int, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        return self._update(c.id == view_id, c.version == version, values=values) == 1

    def remove(self, view_id: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.id == view_id))
