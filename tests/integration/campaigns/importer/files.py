"""CSV files to import, and what of them is stored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.core.records import Campaign, Page, Tenant
from exports_app.wiring import Services

HEADER = (
    "campaign_name,channel,status,currency,budget,start_date,end_date,"
    "date,impressions,clicks,conversions,spend,revenue"
)
GOOD = "Summer,search,active,EUR,1000.50,2026-01-01,,2026-01-02,100,10,1,12.3,45"
Load = Callable[[str | bytes], ImportReport]


class LoadFile(Protocol):
    """Imports the text, or the bytes, into Acme."""

    def __call__(self, content: str | bytes, **options: Any) -> ImportReport: ...
    def file(self, content: str | bytes) -> Path:
        """The content as a file."""


def csv(*lines: str) -> str:
    return "\n".join((HEADER, *lines, ""))


def campaigns_of(services: Services, tenant: Tenant) -> list[Campaign]:
    with services.store.read() as tx:
        return tx.campaigns.find(frozenset({tenant.id}), {}, "", Page(sort="name"))[0]


def days(services: Services) -> int:
    with services.store.read() as tx:
        return tx.campaigns.count_metrics()


def problems(result: ImportReport) -> list[tuple[int, str]]:
    return [(p.line, p.reason) for p in result.problems]
