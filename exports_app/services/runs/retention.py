"""Housekeeping of files: outdated files are removed, and orphans that no run refers to, among them
the files that someone sent for an import."""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from exports_app import log
from exports_app.domain import bounds
from exports_app.domain.errors import StoreAway
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import UPLOAD_NAME, Clock, FileStore, Store, Usage
from exports_app.services.runs import run_summary

BATCH = 200
ORPHAN_AGE = timedelta(hours=1)
"""A younger file may belong to a run that has not noted it yet."""
FRESH_SECONDS = 600.0
"""How long a measured usage is valid: in a bucket, all files must be listed to measure it."""

_log = log.get(__name__)


@dataclass(frozen=True)
class Swept:
    """Files that were removed."""

    outdated: int
    orphans: int


class Retention:
    """days: how long a file is kept where its tenant has no keep_days."""

    def __init__(
        self, store: Store, files: FileStore, changes: Changes, clock: Clock, days: int
    ) -> None:
        self._store = store
        self._files = files
        self._changes = changes
        self._clock = clock
        self._days = days
        self._measured: Usage | None = None
        self._measure_at = 0.0
        self._measuring = threading.Lock()

    def sweep(self, stopped: Callable[[], bool] = lambda: False) -> Swept:
        """Remove outdated files, orphans and copies. stopped: checked between files. Raises
        Unavailable."""
        with self._store.read() as tx:
            days = {
                t.id: self._days if t.keep_days is None else t.keep_days
                for t in tx.tenants.within(None)
            }
        outdated = sum(
            self._sweep_tenant(tenant_id, kept, stopped) for tenant_id, kept in days.items()
        )
        swept = Swept(outdated, self._sweep_orphans(days.keys(), stopped))
        self._sweep_copies(stopped)
        self._measured = usage = self._files.usage()
        self._measure_at = time.monotonic() + FRESH_SECONDS
        _log.info(
            "files swept",
            outdated=swept.outdated,
            orphans=swept.orphans,
            files=usage.count,
            bytes=usage.bytes,
        )
        return swept

    @property
    def measured(self) -> Usage | None:
        """What `usage` or a sweep measured last; None before."""
        return self._measured

    def usage(self) -> Usage | None:
        """The space that files take, measured every FRESH_SECONDS. None before the first
        measurement, and after one that failed."""
        if self._measuring.acquire(
            blocking=False
        ):  # one caller measures, which may take long; the others get the last value
            try:
                if time.monotonic() > self._measure_at:
                    self._measure_at = time.monotonic() + FRESH_SECONDS
                    self._measured = self._measure()
            finally:
                self._measuring.release()
        return self._measured

    def _measure(self) -> Usage | None:
        try:
            return self._files.usage()
        except (OSError, StoreAway) as e:
            _log.warning("the files could not be measured", reason=str(e))
            return None

    def _sweep_tenant(self, tenant_id: str, days: int, stopped: Callable[[], bool]) -> int:
        now, count = self._clock(), 0
        before = now - timedelta(days=min(days, bounds.KEEP_DAYS))
        more = True
        while more and not stopped():
            with self._store.read() as tx:
                old = tx.runs.outdated(tenant_id, before, now, BATCH)
            more = len(old) == BATCH
            for run in old:
                if stopped():
                    break
                with self._store.write() as tx:
                    totals = run_summary.without_rows(run.summary)
                    noted = tx.runs.note_removed(run.id, now, totals)
                if (
                    noted and run.file_key
                ):  # noted first: a crash in between leaves an orphan, never a row without its file
                    self._remove(run.file_key)
                    count += 1
        if count:
            self._changes.publish(Change(Topic.RUNS, tenant_id))
        return count

    def _sweep_orphans(self, tenant_ids: Collection[str], stopped: Callable[[], bool]) -> int:
        """Only in the folders of this database's tenants: files of another installation in the same
        place are not orphans."""
        oldest, count = self._clock() - ORPHAN_AGE, 0
        keys = (
            key for key in self._files.older_than(oldest) if key.partition("/")[0] in tenant_ids
        )
        while (batch := list(islice(keys, BATCH))) and not stopped():
            with self._store.read() as tx:
                orphans = set(batch) - tx.runs.keys_in_use(batch)
            for key in orphans:
                if not key.endswith(f"/{UPLOAD_NAME}"):
                    _log.warning("a file that no run knows of is removed", key=key)
                self._remove(key)
            count += len(orphans)
        return count

    def _sweep_copies(self, stopped: Callable[[], bool]) -> None:
        """Remove local copies of files that were removed elsewhere. The copy of a file that no run
        has noted yet is fetched again when it is needed."""
        keys = self._files.copies()
        while (batch := list(islice(keys, BATCH))) and not stopped():
            with self._store.read() as tx:
                removed = set(batch) - tx.runs.keys_in_use(batch)
            for key in removed:
                self._files.forget(key)

    def _remove(self, key: str) -> None:
        try:
            self._files.remove(key)
        except OSError as e:  # go on with the others; this file is an orphan at the next sweep
            _log.warning("a file could not be removed", key=key, reason=e.strerror)
