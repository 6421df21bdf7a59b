"""Runs: from the tick to the end, and their files."""

from dataclasses import dataclass
from datetime import timedelta

from exports_app.services.accounts.feeds import FeedReading
from exports_app.services.audit.audit_log import Audit
from exports_app.services.keys.derived_keys import Keys
from exports_app.services.runs.actions import RunActions
from exports_app.services.runs.backfill import Backfill
from exports_app.services.runs.browser_downloads import BrowserDownloads
from exports_app.services.runs.deleted_schedules import DeletedScheduleRetention
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.download_log import DownloadLog
from exports_app.services.runs.ended import RunEnds
from exports_app.services.runs.ending import RunEndings
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.history import History
from exports_app.services.runs.history_retention import HistoryRetention
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.listing import RunListing
from exports_app.services.runs.mailings import Mailings
from exports_app.services.runs.preview import Preview
from exports_app.services.runs.queue import RunQueue
from exports_app.services.runs.recipient_replacement import RecipientReplacement
from exports_app.services.runs.restored import Restored
from exports_app.services.runs.retention import Retention
from exports_app.services.runs.sending import RunDeliveries
from exports_app.services.runs.snapshot_storage import SnapshotStorage
from exports_app.services.runs.ticks import Ticks
from exports_app.services.runs.zone_updates import ZoneUpdates
from exports_app.services.tenants.quotas import Quotas
from exports_app.wiring.foundation import Foundation, retries
from exports_app.wiring.identity import IdentityServices

SIDE_BY_SIDE = timedelta(days=1)
"""Servers of two versions may run for so long during an upgrade. The older one knows only snapshots
in the rows of runs."""


@dataclass(frozen=True)
class Lifecycle:
    ticks: Ticks
    run_queue: RunQueue
    leases: Leases
    run_execution: RunExecution
    run_deliveries: RunDeliveries
    run_endings: RunEndings
    run_actions: RunActions
    recipient_replacement: RecipientReplacement
    backfill: Backfill
    mailings: Mailings
    preview: Preview
    zone_updates: ZoneUpdates
    restored: Restored


@dataclass(frozen=True)
class RunFiles:
    history: History
    run_listing: RunListing
    run_ends: RunEnds
    feed_reading: FeedReading
    download_links: DownloadLinks
    download_log: DownloadLog
    browser_downloads: BrowserDownloads
    retention: Retention
    history_retention: HistoryRetention
    deleted_schedule_retention: DeletedScheduleRetention
    snapshot_storage: SnapshotStorage


def lifecycle(f: Foundation, quotas: Quotas) -> Lifecycle:
    s = f.settings
    leases = Leases(f.store, f.changes, f.clock, s.lease_seconds)
    return Lifecycle(
        ticks=Ticks(f.store, f.changes, f.clock, quotas),
        run_queue=RunQueue(f.store, f.changes, f.clock, s.lease_seconds),
        leases=leases,
        run_execution=RunExecution(f.store, f.clock, quotas, leases),
        run_deliveries=RunDeliveries(f.store, f.changes, f.clock, quotas, leases),
        run_endings=RunEndings(f.store, f.clock, leases, retries(s)),
        run_actions=RunActions(f.store, f.files, f.changes, f.clock, quotas),
        recipient_replacement=RecipientReplacement(
            f.store, f.files, f.changes, f.clock, quotas, s.unknown_resends
        ),
        backfill=Backfill(f.store, f.changes, f.clock, quotas),
        mailings=Mailings(f.store, s.unknown_resends),
        preview=Preview(f.store, f.files, f.clock, attach=s.attach_max_mb * 1_000_000),
        zone_updates=ZoneUpdates(f.store, f.changes, f.clock),
        restored=Restored(f.store, f.clock),
    )


def files(f: Foundation, keys: Keys, identity: IdentityServices, audit: Audit) -> RunFiles:
    s = f.settings
    history = History(f.store, f.files)
    log = DownloadLog(f.store, f.clock, history)
    listing = RunListing(f.store, f.changes)
    return RunFiles(
        history=history,
        run_listing=listing,
        feed_reading=FeedReading(f.store, f.clock, identity.feed_tokens, listing),
        run_ends=RunEnds(f.store, f.clock),
        download_links=DownloadLinks(f.store, f.files, f.changes, f.clock, log, keys, s.base_url),
        download_log=log,
        browser_downloads=BrowserDownloads(identity.sessions, history, log, audit),
        retention=Retention(f.store, f.files, f.changes, f.clock, s.retention_days),
        deleted_schedule_retention=DeletedScheduleRetention(f.store, f.files, f.changes, f.clock),
        history_retention=HistoryRetention(f.store, f.changes, f.clock, s.run_retention_days),
        snapshot_storage=SnapshotStorage(f.store, f.clock, SIDE_BY_SIDE),
    )
