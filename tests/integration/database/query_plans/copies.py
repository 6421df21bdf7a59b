"""Rows that are copies of others, written without the services."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from exports_app.db.repositories import table
from tests.world import uuid_of

BIG = 3_000
"""Rows of the large tenant."""
SMALL = 20
"""Tenants beside it, of SMALL rows each."""


@dataclass(frozen=True)
class Filled:
    """Ids of one row of each kind, all of the large tenant but one."""

    tenant: str
    small_tenant: str
    schedule: str
    run: str
    user: str
    campaign: str
    chain: str
    now: datetime


class Copies:
    def __init__(self, connection: Connection, filled: Filled) -> None:
        self._connection = connection
        self._filled = filled
        self._tenants = [uuid_of(0x1000 + i) for i in range(1, SMALL + 1)]

    def _template(self, model: Any) -> dict[str, Any]:
        row = self._connection.execute(select(table(model)).limit(1)).mappings().first()
        assert row is not None, f"nothing to copy in {table(model).name}"
        return dict(row)

    def _copies(self, model: Any, count: int, changes: Callable[[int], dict[str, Any]]) -> None:
        template = self._template(model)
        self._rows(model, ({**template, **changes(i)} for i in range(count)))

    def _rows(self, model: Any, rows: Iterable[dict[str, Any]]) -> None:
        self._connection.execute(insert(table(model)), list(rows))

    def _tenant_of(self, i: int) -> str:
        return self._filled.tenant if i < BIG else self._tenants[i % SMALL]

    def _ago(self, minutes: int) -> datetime:
        return self._filled.now - timedelta(minutes=minutes)
