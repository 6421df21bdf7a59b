"""The history of a scheduled export: its runs, their deliveries and files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    FileRemoved,
    NoFile,
)
from exports_app.services.core.authorization import run_of, schedule_of
from exports_app.services.core.extension_points import FORMATS
from exports_app.services.core.interfaces import FileStore, Store
from exports_app.services.core.records import Attempt, Delivery, Notification, Run


@dataclass(frozen=True)
class RunFile:
    path: Path
    name: str
    mime: str
    sha256: str | None = None
    """In hex; None: not known."""


def file_of(run: Run, files: FileStore) -> RunFile:
    """Raises NotFound while there is no file, Gone once it was removed."""
    if run.file_key is None or run.file_name is None:
        raise NoFile
    # This machine may still have a copy of a removed file
    path = files.find(run.file_key) if run.file_removed_at is None else None
    if path is None:
        raise FileRemoved(
            None
            if run.file_removed_at is None
            else f"The file was removed on {run.file_removed_at:%d %b %Y}:"
            " rerun the run to create it again"
        )
    mime = FORMATS[run.format].mime if run.format in FORMATS else "application/octet-stream"
    return RunFile(path, run.file_name, mime, run.sha256)


class History:
    def __init__(self, store: Store, files: FileStore) -> None:
        self._store = store
        self._files = files

    def of_schedule(
        self,
        who: Principal,
        schedule_id: str,
        limit: int,
        after: tuple[datetime, str] | None = None,
    ) -> tuple[list[tuple[Run, list[Delivery]]], int]:
        """The newest runs first, each with its deliveries, and the number of all runs."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.READ)
            runs, total = tx.runs.of_schedule(schedule_id, limit, after)
            deliveries = tx.deliveries.of_runs([r.id for r in runs])
        return [(r, deliveries.get(r.id, [])) for r in runs], total

    def get(self, who: Principal, schedule_id: str, run_id: str) -> tuple[Run, list[Delivery]]:
        """Raises NotFound, also when the run is another schedule's."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.READ)
            run = run_of(tx, schedule_id, run_id)
            return run, tx.deliveries.of_runs([run_id]).get(run_id, [])

    def attempts(self, who: Principal, schedule_id: str, run_id: str) -> list[Attempt]:
        """The oldest first. Raises NotFound, also when the run is another schedule's."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.READ)
            run = run_of(tx, schedule_id, run_id)
            return tx.attempts.of_runs([run.id]).get(run.id, [])

    def notifications(self, who: Principal, schedule_id: str, limit: int) -> list[Notification]:
        """Emails about the schedule to its owner and to admins, the newest first."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.READ)
            return tx.notifications.of_schedule(schedule_id, limit)

    def file(self, who: Principal, schedule_id: str, run_id: str) -> RunFile:
        """Raises NotFound while there is no file, Gone once it was removed."""
        run, _ = self.get(who, schedule_id, run_id)
        return file_of(run, self._files)
