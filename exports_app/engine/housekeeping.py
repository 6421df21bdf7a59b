"""The engine's periodic jobs besides runs: old files, sessions, the audit, kept counts, statistics
of the database, PostgreSQL's job queue."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

from exports_app import log
from exports_app.db import job_queue, statistics
from exports_app.domain.errors import Unavailable
from exports_app.engine.pulse import Job
from exports_app.wiring import Services

NOTED = timedelta(seconds=5)
"""Between two writes of failed sign-ins and refusals to the audit."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SWEEP_AFTER = timedelta(minutes=1)
"""After the start: due schedules come first."""

_log = log.get(__name__)


class Housekeeping:
    """closing: set when the engine stops; a job at work then ends at its next step."""

    def __init__(self, services: Services, closing: threading.Event) -> None:
        self._services = services
        self._closing = closing

    def jobs(self) -> list[Job]:
        jobs = [
            Job("files", self._sweep_files, HOUR, after=SWEEP_AFTER),
            Job("history", self._sweep_history, DAY, after=SWEEP_AFTER),
            Job("deleted schedules", self._sweep_deleted, HOUR, after=SWEEP_AFTER),
            Job("snapshots", self._move_snapshots, HOUR, after=SWEEP_AFTER),
            Job("records", self._sweep_records, HOUR, after=SWEEP_AFTER),
            Job("repeated entries", self._note_repeated, NOTED),
            Job("key uses", self._write_key_uses, NOTED),
            Job("key expiry", self._mail_key_expiry, HOUR, after=SWEEP_AFTER),
            Job("expired sessions", self._note_expired, MINUTE),
            Job("audit", self._keep_audit, MINUTE),
            Job("days", self._close_days, HOUR, after=SWEEP_AFTER),
            Job("counts", self._fold_counts, MINUTE),
            Job("ends", self._number_ends, MINUTE),
            Job("slugs", self._fill_slugs, MINUTE),
            Job("statistics", self._refresh_statistics, HOUR, after=SWEEP_AFTER),
            Job("zone data", self._apply_zone_data, MINUTE),
        ]
        if not self._services.database.embedded:
            jobs.append(Job("queue", self._sweep_queue, MINUTE))
        return jobs

    async def _sweep_files(self) -> None:
        def sweep() -> None:
            self._services.retention.sweep(self._closing.is_set)
            self._services.quotas.forget()

        await _guarded(sweep, "files could not be swept")

    async def _sweep_history(self) -> None:
        def sweep() -> None:
            self._services.history_retention.sweep(self._closing.is_set, self._closing.wait)

        await _guarded(sweep, "old runs could not be removed")

    async def _sweep_deleted(self) -> None:
        def sweep() -> None:
            retention = self._services.deleted_schedule_retention
            retention.sweep(self._closing.is_set, self._closing.wait)

        await _guarded(sweep, "deleted scheduled exports could not be removed")

    async def _move_snapshots(self) -> None:
        def move() -> None:
            self._services.snapshot_storage.move(self._closing.is_set, self._closing.wait)

        await _guarded(move, "snapshots could not be moved")

    async def _sweep_records(self) -> None:
        def sweep() -> None:
            self._services.record_retention.sweep(self._closing.is_set, self._closing.wait)

        await _guarded(sweep, "old records could not be removed")

    async def _note_repeated(self) -> None:
        def flush() -> None:
            self._services.repeated_entries.flush()

        await _guarded(flush, "failed sign-ins and refusals could not be noted", yet=" yet")

    async def _write_key_uses(self) -> None:
        def flush() -> None:
            self._services.key_uses.flush()
            self._services.feed_uses.flush()

        await _guarded(flush, "uses of API keys and feeds could not be written", yet=" yet")

    async def _mail_key_expiry(self) -> None:
        def mail() -> None:
            self._services.key_expiry.mail(self._closing.is_set)

        await _guarded(mail, "emails about API keys that expire could not be written")

    async def _note_expired(self) -> None:
        def note() -> None:
            self._services.session_expiry.note(self._closing.is_set)

        await _guarded(note, "expired sessions could not be noted", yet=" yet")

    async def _keep_audit(self) -> None:
        def keep() -> None:
            self._services.audit_seals.seal(self._closing.is_set)
            self._services.audit_seals.sweep(self._closing.is_set)

        await _guarded(keep, "the audit could not be sealed")

    async def _close_days(self) -> None:
        def close() -> None:
            self._services.closed_days.close_all(self._closing.is_set)

        await _guarded(close, "past days could not be closed")

    async def _fold_counts(self) -> None:
        def fold() -> None:
            self._services.kept_counts.fold(self._closing.is_set)

        await _guarded(fold, "counts could not be folded")

    async def _number_ends(self) -> None:
        def number() -> None:
            self._services.run_ends.number_all(self._closing.is_set)

        await _guarded(number, "ends of runs could not be numbered")

    async def _fill_slugs(self) -> None:
        def fill() -> None:
            self._services.slugs.fill(self._closing.is_set)

        await _guarded(fill, "slugs could not be given to scheduled exports")

    async def _refresh_statistics(self) -> None:
        def refresh() -> None:
            if outdated := statistics.refresh(self._services.database):
                _log.info("statistics of tables were outdated", tables=outdated)

        await _guarded(refresh, "statistics of the database could not be refreshed")

    async def _apply_zone_data(self) -> None:
        def apply() -> None:
            self._services.zone_updates.apply(self._closing.is_set)

        await _guarded(apply, "ticks could not be reckoned by new time zone data", yet=" yet")

    async def _sweep_queue(self) -> None:
        def sweep() -> None:
            removed, added = job_queue.sweep(self._services.database)
            if removed or added:
                _log.info("queue swept", removed=removed, made=added)

        await _guarded(sweep, "the queue could not be swept")


async def _guarded(job: Callable[[], None], failure: str, *, yet: str = "") -> None:
    """Do the job in a thread. Never raises: the next time it is retried.

    failure: text for the log. yet: added to it while the database is away.
    """
    try:
        await asyncio.to_thread(job)
    except Unavailable as e:
        _log.warning(f"{failure}{yet}: the database cannot be reached", reason=e.why)
    except Exception:  # noqa: BLE001  (the job is retried the next time)
        _log.exception(failure)
