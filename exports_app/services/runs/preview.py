"""What a scheduled export would send now: its first rows and its message. Nothing is stored or
sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid, NotFound
from exports_app.domain.file_summary import Collector
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.table import Column, Row, Table, by_column, completed, readable
from exports_app.domain.timing import cron, period, tick_day
from exports_app.services.core.authorization import require
from exports_app.services.core.disk import writing
from exports_app.services.core.extension_points import (
    EXPORT_TYPES,
    FORMATS,
    Attachment,
    Link,
    Message,
    leading_columns,
)
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.records import Sample, Tenant
from exports_app.services.delivery.channels import attaches, preview
from exports_app.services.runs.example_report import example
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.run_summary import RunSummary
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.filters import Filters, check_campaigns, check_filters
from exports_app.services.tenants.tenant_settings import SETTINGS, tenant_of
from exports_app.services.tenants.validation import wrong_in_tenant

SHOWN = 10
SAMPLED = 200
"""Rows that the size is estimated from."""
SECONDS = 1.0
"""Database time for one preview: a person waits for it."""
ADDED_UP = 5_000
"""Rows of a file whose totals a message's preview shows."""
PAGE = "#the-page-of-the-run"


@dataclass(frozen=True)
class DataPreview:
    """The first rows of the file as text.

    total: rows of the file. size: estimated bytes. window: in words. complete: whether the database
    answered in time; if not, total and size are None and rows may be missing.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int | None
    size: int | None
    window: str
    complete: bool


@dataclass(frozen=True)
class Branded:
    """The example's message with the settings in `shown`, and the errors of the other values.

    message: None where its channel has no preview.
    """

    message: Message | None
    shown: Mapping[str, Any]
    errors: Sequence[FieldError]


@dataclass(frozen=True)
class _Sampled:
    export: Export
    rows: list[Row]
    """The first ones, all columns."""
    total: int | None
    size: int | None


class Preview:
    """attach: the most bytes of an attachment, as encoded in a message."""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        clock: Clock,
        seconds: float = SECONDS,
        attach: int = 10_000_000,
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._seconds = seconds
        self._attach = attach

    def data(
        self,
        who: Principal,
        tenant_id: str,
        export_type: str,
        file_format: str,
        timezone: str,
        filters: Filters,
    ) -> DataPreview:
        """Raises NotFound, Forbidden, Invalid with the pointers of a save, and StoreAway."""
        sampled = self._sample(who, tenant_id, "", export_type, file_format, timezone, filters)
        columns = EXPORT_TYPES[export_type].columns()
        return DataPreview(
            columns=columns,
            rows=tuple(
                tuple(readable(c, v) for c, v in zip(columns, row, strict=True))
                for row in sampled.rows[:SHOWN]
            ),
            total=sampled.total,
            size=sampled.size,
            window=period.words(sampled.export.window),
            complete=sampled.total is not None,
        )

    def message(
        self,
        who: Principal,
        tenant_id: str,
        name: str,
        export_type: str,
        file_format: str,
        timezone: str,
        filters: Filters,
        delivery: str = DeliveryMode.AUTO,
        link_days: int = 7,
        schedule: str = "",
    ) -> Message | None:
        """The message as recipients will see it; None where its channel has no preview. A link in
        it leads nowhere; it compares with no earlier run. schedule: the cron expression, for the
        next run. Raises like `data`."""
        title = name.strip() or "Untitled export"
        sampled = self._sample(
            who, tenant_id, title, export_type, file_format, timezone, filters, ADDED_UP
        )
        file_name = sampled.export.file_name()
        zipped = _zipped(file_name) if delivery == DeliveryMode.ZIP else None
        link = None
        if delivery == DeliveryMode.LINK or (
            delivery == DeliveryMode.AUTO and self._large(sampled)
        ):
            expires_at = sampled.export.at + timedelta(days=link_days)
            link = Link(expires_at, lambda _: "#each-recipients-own-link")
        report = sampled.export.report(
            Path(file_name),
            file_name,
            sampled.size,
            sampled.total,
            zipped=zipped,
            link=link,
            summary=_summary(sampled),
            page_url=PAGE,
            next_run=_next_run(schedule, sampled.export),
        )
        return preview(report)

    def _large(self, sampled: _Sampled) -> bool:
        return sampled.size is not None and not attaches(sampled.size, self._attach)

    def branding(
        self, who: Principal, tenant_id: str, values: Mapping[str, Any], last: Mapping[str, Any]
    ) -> Branded:
        """An example message with these settings of the tenant. For a wrong value, that of `last`
        is shown (the form's last valid value), else the stored one. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            stored = tenant_of(tx, who, tenant_id, Permission.MANAGE)
        shown, errors = stored, list[FieldError]()
        for name in SETTINGS:
            wanted = [source[name] for source in (values, last) if name in source]
            tried = [replace(stored, **{name: value}) for value in wanted]
            wrong = [wrong_in_tenant(tenant) for tenant in tried]
            if name in values:
                errors += wrong[0]
            good = next(
                (value for value, faults in zip(wanted, wrong, strict=True) if not faults),
                getattr(stored, name),
            )
            shown = replace(shown, **{name: good})
        return Branded(
            preview(example(shown, self._clock())),
            {name: getattr(shown, name) for name in SETTINGS},
            errors,
        )

    def _sample(
        self,
        who: Principal,
        tenant_id: str,
        name: str,
        export_type: str,
        file_format: str,
        timezone: str,
        filters: Filters,
        most: int = SAMPLED,
    ) -> _Sampled:
        require(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            tenant = tx.tenants.get(tenant_id)
            if tenant is None:
                raise NotFound
            if errors := _wrong(tx, tenant, export_type, file_format, timezone, filters):
                raise Invalid(errors)
        now = self._clock()
        export = Export(
            tenant,
            name,
            export_type,
            file_format,
            timezone,
            filters,
            filters.window(tick_day.local_day(now, timezone)),
            now,
        )
        kind = EXPORT_TYPES[export_type]
        with self._store.read() as tx:
            sample = tx.sample(kind.select(export.scope()), most, self._seconds)
        rows = completed(kind.columns(), sample.rows)
        return _Sampled(export, rows, sample.total, self._size(export, rows[:SAMPLED], sample))

    def _size(self, export: Export, rows: Sequence[Row], sample: Sample) -> int | None:
        """Bytes, extrapolated from a file with the sample's rows."""
        if sample.total is None:
            return None
        written = self._written(export, rows)
        if sample.total <= len(rows):
            return written
        empty = self._written(export, [])
        return empty + (written - empty) * sample.total // len(rows)

    def _written(self, export: Export, rows: Sequence[Row]) -> int:
        with self._files.draft() as draft, writing():
            columns = EXPORT_TYPES[export.export_type].columns()
            FORMATS[export.format].write(
                Table(columns, iter([by_column(columns, rows)] if rows else [])), draft
            )
            return draft.stat().st_size


def _summary(sampled: _Sampled) -> RunSummary | None:
    """None where there are more rows than were read."""
    if sampled.total is None or sampled.total > len(sampled.rows):
        return None
    kind = EXPORT_TYPES[sampled.export.export_type]
    collector = Collector(kind.columns(), leading_columns(kind))
    if sampled.rows:
        collector.add(list(zip(*sampled.rows, strict=True)))
    return RunSummary(collector.summary())


def _next_run(schedule: str, export: Export) -> datetime | None:
    """None where there is none, or the expression is not valid yet."""
    try:
        return cron.next_after(cron.parse(schedule), cron.zone(export.timezone), export.at)
    except ExportsError:
        return None


def _zipped(file_name: str) -> Attachment:
    return Attachment(Path(file_name), f"{file_name}.zip", None, "application/zip")


def _wrong(
    tx: Transaction,
    tenant: Tenant,
    export_type: str,
    file_format: str,
    timezone: str,
    filters: Filters,
) -> list[FieldError]:
    """The errors that saving would raise."""
    errors = rules.check_keys(export_type, file_format)
    try:
        cron.zone(timezone)
    except ExportsError as e:
        errors.append(FieldError("/timezone", e.message))
    if export_type in EXPORT_TYPES:
        errors += check_filters(filters, export_type)
    return errors or check_campaigns(
        filters, tx.campaigns.existing(tenant.id, filters.campaign_ids)
    )
