"""The store of campaigns and their metrics."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from exports_app.services.core.interfaces.tenants import Tenants
from exports_app.services.core.records import MEASURES, Campaign, Metric, Page


class CampaignStore(Protocol):
    def get(self, campaign_id: str) -> Campaign | None: ...
    def find(
        self, within: Tenants, where: Mapping[str, str], q: str, page: Page
    ) -> tuple[list[Campaign], int]:
        """where: column -> wanted value. q: part of the name. Returns the page's rows and the
        number of all."""

    def add(self, campaigns: Iterable[Campaign]) -> None: ...
    def update(self, campaign_id: str, values: Mapping[str, Any]) -> None: ...
    def delete(self, campaign_id: str) -> None:
        """With its metrics."""

    def existing(self, tenant_id: str, campaign_ids: Collection[str]) -> set[str]:
        """The ids that are campaigns of the tenant."""

    def names(self, tenant_id: str, campaign_ids: Collection[str]) -> dict[str, str]:
        """id -> name, of the ids that are campaigns of the tenant."""

    def by_name(self, tenant_id: str, names: Collection[str]) -> list[Campaign]: ...
    def by_id(self, tenant_id: str, campaign_ids: Collection[str]) -> list[Campaign]:
        """Those of the ids that are campaigns of the tenant."""

    def all_names(self, tenant_id: str) -> Iterator[tuple[str, str]]:
        """id and name of each campaign of the tenant. Read it to its end at once."""

    def stored_days(
        self, campaign_ids: Collection[str], first: date, last: date
    ) -> Iterator[tuple[str, date]]:
        """Campaign and day of all metrics in the period. Read it to its end at once."""

    def count_metrics(self) -> int: ...
    def add_metrics(self, metrics: Sequence[Metric]) -> None:
        """The days must be new."""

    def upsert_metrics(self, metrics: Sequence[Metric], fields: Collection[str] = MEASURES) -> None:
        """Insert days, or set these fields of days that are there. No day may occur twice in one
        call."""
