"""Previews of schedules that are not stored."""

from pathlib import Path

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.services.runs.preview import DataPreview
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services

ALL = Filters()
BERLIN = "Europe/Berlin"


def preview(
    services: Services, who: Principal, tenant: Tenant, filters: Filters = ALL, **other: str
) -> DataPreview:
    chosen = {"export_type": "campaigns", "file_format": "csv", "timezone": BERLIN} | other
    return services.preview.data(who, tenant.id, **chosen, filters=filters)


def drafts(services: Services) -> list[Path]:
    return list((services.settings.data_dir / "drafts").iterdir())
