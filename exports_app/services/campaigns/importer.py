"""The import of campaigns and metrics from a file: read as a stream, checked as a whole, and
written in one transaction or not at all."""

from collections.abc import Iterator
from collections.abc import Mapping as Values
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.services.audit import audit_log
from exports_app.services.campaigns.imports.columns import (
    Mapping,
    by_header,
    check_choice,
    check_mapping,
)
from exports_app.services.campaigns.imports.conventions import Progress
from exports_app.services.campaigns.imports.matching import Matcher
from exports_app.services.campaigns.imports.preview import preview
from exports_app.services.campaigns.imports.reading import fill, from_headers, notes_of
from exports_app.services.campaigns.imports.report import ImportPreview, ImportReport
from exports_app.services.campaigns.imports.source import SourceTable, read_table
from exports_app.services.campaigns.imports.spool import Spool
from exports_app.services.core.authorization import require
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.disk import writing
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Tenant


@dataclass(frozen=True)
class _Job:
    """who: None: the command line. file: its name."""

    tenant: Tenant
    who: Principal | None
    file: str
    mapping: Mapping
    update_details: bool
    dry_run: bool
    progress: Progress


def _silent(_part: float) -> None:
    pass


class Importer:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    @writing()
    def preview(
        self,
        who: Principal,
        tenant_id: str,
        file: Path,
        *,
        mapping: Mapping | None = None,
        sheet: str = "",
    ) -> ImportPreview:
        """The first rows as they are understood. Reads the whole file to judge how its numbers and
        dates are written, and nothing of the database. mapping: None: what the headers say; it may
        lack required fields. Raises ExportsError where the file cannot be read, NotFound,
        Forbidden, StoreAway."""
        self._tenant(who, tenant_id)
        with read_table(file, sheet) as table:
            chosen = by_header(table.columns) if mapping is None else mapping
            check_choice(chosen, len(table.columns))
            return preview(table, chosen)

    @writing()
    def apply(
        self,
        who: Principal,
        tenant_id: str,
        file: Path,
        name: str,
        *,
        mapping: Mapping | None = None,
        columns: Values[str, str] | None = None,
        sheet: str = "",
        update_details: bool = False,
        dry_run: bool = False,
        progress: Progress = _silent,
    ) -> ImportReport:
        """Import the file into the tenant, or with `dry_run` only say what that would do. With bad
        lines nothing is written. name: the file's, for the audit. mapping: None: what the headers
        say, and `columns`, as of `load`. update_details: change the details of stored campaigns to
        what the file says. Raises ExportsError, NotFound, Forbidden, Unavailable,
        StoreAway."""
        tenant = self._tenant(who, tenant_id)
        with read_table(file, sheet) as table:
            chosen = from_headers(table, columns) if mapping is None else mapping
            check_mapping(chosen, len(table.columns))
            job = _Job(tenant, who, name, chosen, update_details, dry_run, progress)
            return self._import(table, job)

    def load(
        self,
        source: Path | BinaryIO,
        slug: str,
        progress: Progress,
        *,
        columns: Values[str, str] | None = None,
        sheet: str = "",
        update_details: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """`apply` for the command line only, whose user owns the machine. source: also a pipe.
        columns: the field that a header fills, where it does not name it itself; empty: none.
        Raises ExportsError, OSError."""
        with self._store.read() as tx:
            tenant = tx.tenants.by_slug(slug)
        if tenant is None:
            raise ExportsError(
                f"tenant {slug!r} does not exist: create it first with create-tenant"
            )
        name = source.name if isinstance(source, Path) else "-"
        with read_table(source, sheet) as table:
            mapping = from_headers(table, columns or {})
            job = _Job(tenant, None, name, mapping, update_details, dry_run, progress)
            return self._import(table, job)

    def _tenant(self, who: Principal, tenant_id: str) -> Tenant:
        require(who, Permission.CAMPAIGNS, tenant_id)
        with self._store.read() as tx:
            tenant = tx.tenants.get(tenant_id)
        if tenant is None:
            raise NotFound
        return tenant

    def _import(self, table: SourceTable, job: _Job) -> ImportReport:
        report = ImportReport(dry_run=job.dry_run, notes=notes_of(table, job.mapping))
        with Spool.opened() as spool:
            fill(spool, table, job.mapping, report, job.progress)
            writes = not job.dry_run and not report.bad_lines
            with self._transaction(job, writes=writes) as (tx, actor):
                matcher = Matcher(
                    spool, tx, job.tenant.id, report, update_details=job.update_details
                )
                matcher.run()
                _count(spool, tx, report)
                writes = writes and not report.bad_lines
                if writes:
                    _write(spool, tx, job)
                    self._note(tx, actor, job, report, matcher)
        if writes:
            self._changes.publish(Change(Topic.CAMPAIGNS, job.tenant.id))
        return report

    @contextmanager
    def _transaction(
        self, job: _Job, *, writes: bool
    ) -> Iterator[tuple[Transaction, Principal | str]]:
        """Yields who acts, too."""
        if not writes:
            with self._store.read() as tx:
                yield tx, ""
        elif job.who is None:
            with self._store.write() as tx:
                yield tx, audit_log.COMMAND_LINE
        else:
            with write_as(self._store, job.who) as (tx, who):
                require(who, Permission.CAMPAIGNS, job.tenant.id)
                yield tx, who

    def _note(
        self,
        tx: Transaction,
        actor: Principal | str,
        job: _Job,
        report: ImportReport,
        matcher: Matcher,
    ) -> None:
        for stored, changes in matcher.changes:
            tx.campaigns.update(stored.id, changes)
            audit_log.note(
                tx,
                actor,
                Action.CAMPAIGN_UPDATED,
                self._clock(),
                tenant_id=job.tenant.id,
                subject_id=stored.id,
                subject_name=stored.name,
                changed=audit_log.changed(vars(stored), changes),
            )
        audit_log.note(
            tx,
            actor,
            Action.CAMPAIGNS_IMPORTED,
            self._clock(),
            tenant_id=job.tenant.id,
            subject_id=job.tenant.id,
            subject_name=job.tenant.name,
            campaigns=report.campaigns,
            days=report.days,
            file=job.file[: bounds.NAME],
        )


def _count(spool: Spool, tx: Transaction, report: ImportReport) -> None:
    if not spool.days:
        return
    first, last = spool.period()
    for ids in spool.known_ids():
        spool.add_stored_days(tx.campaigns.stored_days(ids, first, last))
    report.days_replaced = spool.replaced_days()
    report.days_new = spool.days - report.days_replaced


def _write(spool: Spool, tx: Transaction, job: _Job) -> None:
    for campaigns in spool.new_campaigns(job.tenant.id):
        tx.campaigns.add(campaigns)
    total, written = spool.days, 0
    for fields, days in spool.metrics():
        tx.campaigns.upsert_metrics(days, fields)
        written += len(days)
        job.progress(0.5 + written / total / 2)
