"""The import of campaigns and metrics from a CSV file: read as a stream, checked as a whole, and
written in one transaction or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path

from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.campaigns.import_file import (
    BATCH,
    FileReader,
    ImportResult,
    Progress,
    unpack_facts,
)
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Campaign, Metric, new_id


class Importer:
    """For the command line only, whose user owns the machine: methods take no principal."""

    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def load(self, file: Path, slug: str, progress: Progress) -> ImportResult:
        """Import the file into the tenant. With bad lines nothing is written. Raises ExportsError,
        OSError."""
        with self._store.read() as tx:
            tenant = tx.tenants.by_slug(slug)
        if tenant is None:
            raise ExportsError(f"there is no tenant {slug!r}: make it first with create-tenant")
        # A temporary SQLite file finds duplicate days, and keeps memory flat for files of any size
        with closing(sqlite3.connect("")) as spool:
            spool.execute(
                "CREATE TABLE campaign (name TEXT PRIMARY KEY, line INTEGER, id TEXT, facts TEXT)"
            )
            spool.execute(
                "CREATE TABLE day (name TEXT, date TEXT, impressions, clicks, conversions, spend, "
                "revenue,"
                " PRIMARY KEY (name, date)) WITHOUT ROWID"
            )
            result = ImportResult()
            FileReader(spool, tenant.id, result).read(file, lambda part: progress(part / 2))
            with self._store.write() as tx:
                fresh = list(_match(spool, tx, tenant.id, result))
                if not result.bad_lines:
                    tx.campaigns.add(fresh)
                    _write(spool, tx, result, lambda part: progress(0.5 + part / 2))
                    audit_log.note(
                        tx,
                        audit_log.COMMAND_LINE,
                        Action.CAMPAIGN_METRICS,
                        self._clock(),
                        tenant_id=tenant.id,
                        subject_id=tenant.id,
                        subject_name=tenant.name,
                        campaigns=result.campaigns,
                        days=result.days,
                    )
        if not result.bad_lines:
            self._changes.publish(Change(Topic.CAMPAIGNS, tenant.id))
        return result


def _match(
    spool: sqlite3.Connection, tx: Transaction, tenant_id: str, result: ImportResult
) -> Iterator[Campaign]:
    """Match the file's campaigns with the database by name. Yields the new ones."""
    rows = iter(spool.execute("SELECT name, line, facts FROM campaign ORDER BY line").fetchall())
    while batch := list(islice(rows, 500)):
        by_name: dict[str, list[Campaign]] = {}
        for campaign in tx.campaigns.by_name(tenant_id, [name for name, _, _ in batch]):
            by_name.setdefault(campaign.name, []).append(campaign)
        for name, line, facts in batch:
            matches, new = by_name.get(name, []), unpack_facts(new_id(), tenant_id, name, facts)
            if len(matches) > 1:
                result.bad(
                    line,
                    "there are several campaigns of this name in the tenant: rename all but one",
                )
            elif matches and matches[0].currency != new.currency:
                result.bad(line, f"currency: the campaign is kept in {matches[0].currency}")
            elif not matches:
                yield new
            spool.execute(
                "UPDATE campaign SET id = ? WHERE name = ?",
                ((matches[0] if matches else new).id, name),
            )


def _write(
    spool: sqlite3.Connection, tx: Transaction, result: ImportResult, progress: Progress
) -> None:
    (total,) = spool.execute("SELECT count(*) FROM day").fetchone()
    (result.campaigns,) = spool.execute("SELECT count(*) FROM campaign").fetchone()
    rows = spool.execute(
        "SELECT c.id, d.* FROM day d JOIN campaign c ON c.name = d.name ORDER BY c.id, d.date"
    )
    while batch := rows.fetchmany(BATCH):
        tx.campaigns.upsert_metrics([Metric(r[0], date.fromisoformat(r[2]), *r[3:]) for r in batch])
        result.days += len(batch)
        progress(result.days / total)
