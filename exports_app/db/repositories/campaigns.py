"""Campaigns and their daily metrics."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, func, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table, upsert
from exports_app.db.search import CAMPAIGNS
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import (
    MEASURES,
    Campaign,
    Metric,
    Page,
)

STREAMED = 5000
"""Rows of a chunk."""


class CampaignRepository(Repository[Campaign]):
    model, record = models.CampaignRow, Campaign

    def get(self, campaign_id: str) -> Campaign | None:
        return self._one(self._table.c.id == campaign_id)

    def find(
        self, within: Tenants, where: Mapping[str, str], q: str, page: Page
    ) -> tuple[list[Campaign], int]:
        conditions = [self._table.c[k] == v for k, v in where.items()]
        search = self._search(CAMPAIGNS, q, within)
        return self._page(conditions, page, within, search=search, counts_all=not where)

    def add(self, campaigns: Iterable[Campaign]) -> None:
        self._insert(campaigns)

    def update(self, campaign_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == campaign_id, values=values)

    def delete(self, campaign_id: str) -> None:
        metrics = table(models.MetricRow)
        self._connection.execute(delete(metrics).where(metrics.c.campaign_id == campaign_id))
        self._connection.execute(delete(self._table).where(self._table.c.id == campaign_id))

    def existing(self, tenant_id: str, campaign_ids: Collection[str]) -> set[str]:
        query = select(self._table.c.id).where(
            self._table.c.tenant_id == tenant_id, self._table.c.id.in_(campaign_ids)
        )
        return set(self._connection.execute(query).scalars())

    def names(self, tenant_id: str, campaign_ids: Collection[str]) -> dict[str, str]:
        c = self._table.c
        query = select(c.id, c.name).where(c.tenant_id == tenant_id, c.id.in_(campaign_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def by_name(self, tenant_id: str, names: Collection[str]) -> list[Campaign]:
        return self._all(
            self._select().where(
                self._table.c.tenant_id == tenant_id, self._table.c.name.in_(names)
            )
        )

    def by_id(self, tenant_id: str, campaign_ids: Collection[str]) -> list[Campaign]:
        c = self._table.c
        return self._all(self._select().where(c.tenant_id == tenant_id, c.id.in_(campaign_ids)))

    def all_names(self, tenant_id: str) -> Iterator[tuple[str, str]]:
        c = self._table.c
        yield from self._streamed(select(c.id, c.name).where(c.tenant_id == tenant_id))

    def stored_days(
        self, campaign_ids: Collection[str], first: date, last: date
    ) -> Iterator[tuple[str, date]]:
        m = table(models.MetricRow).c
        yield from self._streamed(
            select(m.campaign_id, m.date).where(
                m.campaign_id.in_(campaign_ids), m.date.between(first, last)
            )
        )

    def _streamed(self, query: Select[Any]) -> Iterator[Any]:
        options = {"stream_results": True, "yield_per": STREAMED}
        with self._connection.execute(query, execution_options=options) as rows:
            yield from rows

    def count_metrics(self) -> int:
        total: int = self._connection.execute(
            select(func.count()).select_from(table(models.MetricRow))
        ).scalar_one()
        return total

    def add_metrics(self, metrics: Sequence[Metric]) -> None:
        if metrics:
            self._connection.execute(insert(table(models.MetricRow)), [vars(m) for m in metrics])

    def upsert_metrics(self, metrics: Sequence[Metric], fields: Collection[str] = MEASURES) -> None:
        if not metrics:
            return
        query = upsert(self._connection.dialect.name, table(models.MetricRow))
        key = ["campaign_id", "date"]
        if fields:
            changed = {name: query.excluded[name] for name in fields}
            query = query.on_conflict_do_update(index_elements=key, set_=changed)
        else:
            query = query.on_conflict_do_nothing(index_elements=key)
        # One short statement for many rows: a long one with all the values is ten times as slow to
        # build
        self._connection.execute(query, [vars(m) for m in metrics])
