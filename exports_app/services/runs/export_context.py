"""What a run and its preview share: the query's scope, the file's name and the message's
content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from exports_app.domain import file_names
from exports_app.domain.name_templates import NameValues
from exports_app.domain.runs.states import Trigger
from exports_app.domain.timing import period
from exports_app.domain.timing.period import Window
from exports_app.services.core.export_filters import Scope, resolve_own
from exports_app.services.core.extension_points import (
    EXPORT_TYPES,
    FORMATS,
    Attachment,
    Link,
    Report,
)
from exports_app.services.core.records import Run, Tenant
from exports_app.services.runs.highlights import highlights
from exports_app.services.runs.run_summary import RunSummary
from exports_app.services.schedules.filters import Filters


@dataclass(frozen=True)
class Export:
    """One export of a tenant's data, by a run or for a preview. export_type, format: registered
    keys."""

    tenant: Tenant
    name: str
    export_type: str
    format: str
    timezone: str
    filters: Filters
    window: Window
    at: datetime
    """When it was requested, UTC."""
    makes_up_for: datetime | None = None
    """The scheduled time that a backfill makes up for, UTC."""
    is_test: bool = False
    reply_to: str | None = None
    """The schedule's own address for replies."""
    owner_address: str | None = None

    @classmethod
    def of_run(cls, run: Run, tenant: Tenant, owner_address: str | None) -> Self:
        spec = run.spec
        return cls(
            tenant=tenant,
            name=spec.name,
            export_type=spec.export_type,
            format=run.format,
            timezone=spec.timezone,
            filters=Filters.from_json(spec.filters),
            window=Window(run.window_start, run.window_end),
            at=run.created_at,
            makes_up_for=run.makes_up_for,
            is_test=run.trigger is Trigger.TEST,
            reply_to=spec.reply_to,
            owner_address=owner_address,
        )

    def scope(self) -> Scope:
        own = resolve_own(EXPORT_TYPES[self.export_type], self.filters)
        return Scope(self.tenant.id, self.window.start, self.window.end, own)

    def file_name(self) -> str:
        """``{tenant-slug}_{name}_{window}_{UTC timestamp}.{ext}``, safe on every file system. The
        timestamp of a backfill is the scheduled time that it makes up for."""
        at = f"{self.makes_up_for or self.at:%Y%m%dT%H%M%SZ}"
        parts = [self.tenant.slug, self.name, period.slug(self.window), at]
        return file_names.joined(parts, 1, FORMATS[self.format].extension)

    def name_values(self, run: Run) -> NameValues:
        """Of the names that the run's destinations give its file."""
        return NameValues(
            tenant=self.tenant.slug,
            schedule=self.name,
            window_start=self.window.start,
            window_end=self.window.end,
            tick=run.date.astimezone(ZoneInfo(self.timezone)),
            format=FORMATS[self.format].extension,
            run=run.id,
        )

    def report(
        self,
        path: Path,
        file_name: str,
        size: int | None,
        rows: int | None,
        *,
        zipped: Attachment | None = None,
        link: Link | None = None,
        summary: RunSummary | None = None,
        page_url: str = "",
        next_run: datetime | None = None,
        places: Sequence[str] = (),
    ) -> Report:
        """size: bytes. rows, size: None where they are not known. summary: of the file."""
        file_format = FORMATS[self.format]
        return Report(
            tenant_name=self.tenant.name,
            brand_color=self.tenant.brand_color,
            logo_url=self.tenant.logo_url,
            export_name=self.name,
            type_label=EXPORT_TYPES[self.export_type].label,
            format_label=file_format.label,
            window=period.words(self.window),
            timezone=self.timezone,
            created_at=self.at,
            record_count=rows,
            file_path=path,
            file_name=file_name,
            file_size=size,
            mime=file_format.mime,
            zipped=zipped,
            link=link,
            is_test=self.is_test,
            reply_to=self.reply_to,
            owner_address=self.owner_address,
            highlights=highlights(self.export_type, summary, rows or 0) if summary else None,
            page_url=page_url,
            next_run=next_run,
            places=places,
            makes_up_for=self.makes_up_for,
        )
