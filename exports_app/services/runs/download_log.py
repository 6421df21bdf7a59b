"""Downloads of finished files: who took which file, when, from where. A download that cannot be
noted is refused."""

from datetime import timedelta

from exports_app.domain.access import Permission, Principal
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.authorization import run_of, schedule_of
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, DownloadWay, FileDownload, Run, new_id
from exports_app.services.runs.history import History, RunFile

NOTED_APART = timedelta(minutes=1)
"""Requests for one file within this time are one download: programs fetch it in parts."""
MAX_LISTED = 200
BY_LINK = "the holder of a link"
"""The actor in the audit, for a download by link."""


class DownloadLog:
    def __init__(self, store: Store, clock: Clock, history: History) -> None:
        self._store = store
        self._clock = clock
        self._history = history

    def fetch(
        self, who: Principal, schedule_id: str, run_id: str, way: DownloadWay = DownloadWay.API
    ) -> RunFile:
        """The run's file for a signed-in user. Raises NotFound while there is none, Gone
        once it was removed, Forbidden, and Unavailable while the download cannot be noted."""
        file = self._history.file(who, schedule_id, run_id)
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.READ)
            self.note(tx, run_id, way, user_id=who.user_id)
        return file

    def note(
        self,
        tx: Transaction,
        run_id: str,
        way: DownloadWay,
        *,
        user_id: str | None = None,
        target: str | None = None,
    ) -> None:
        """In the transaction that judges the caller's right to it. target: the recipient whose link
        it was."""
        now, caller = self._clock(), request_context.current()
        download = FileDownload(
            new_id(), run_id, way, now, user_id, target, caller.address[:64], caller.device
        )
        if not tx.downloads.since(download, now - NOTED_APART):
            tx.downloads.add(download)
            _audit(tx, download)

    def of_run(
        self, who: Principal, schedule_id: str, run_id: str, limit: int
    ) -> tuple[list[FileDownload], int]:
        """The newest first, and the number of all. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.READ)
            run: Run = run_of(tx, schedule_id, run_id)
            return tx.downloads.of_run(run.id, limit)


def _audit(tx: Transaction, download: FileDownload) -> None:
    run = tx.runs.get(download.history_id)
    if run is None:
        return
    who = Principal(download.user_id) if download.user_id else BY_LINK
    to = {"recipient": download.target} if download.target else {}
    audit_log.note_run(tx, who, Action.RUN_DOWNLOADED, run, download.at, way=download.way, **to)
