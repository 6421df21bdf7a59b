"""Links to download a file that is too large for a message. They need no account."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from exports_app import log
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    LinkExpired,
    NoDownloadLinks,
    NotFound,
)
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import run_of, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.records import Action, Delivery, DownloadWay, Run
from exports_app.services.keys.derived_keys import DOWNLOAD_LINKS, Keys
from exports_app.services.runs.download_log import DownloadLog
from exports_app.services.runs.entitlement import may_receive
from exports_app.services.runs.history import RunFile, file_of

PATH = "/api/files"

_log = log.get(__name__)


class DownloadLinks:
    """base: what stands before the path, e.g. https://example.com"""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        changes: Changes,
        clock: Clock,
        downloads: DownloadLog,
        keys: Keys,
        base: str,
    ) -> None:
        self._store = store
        self._files = files
        self._changes = changes
        self._clock = clock
        self._downloads = downloads
        self._base = base.rstrip("/")
        self._keys = keys

    def url(self, run: Run, delivery: Delivery, expires_at: datetime) -> str:
        """For one recipient of one run. It does not contain the recipient's address."""
        expires = int(expires_at.timestamp())
        with self._store.read() as tx:  # links may have been revoked since the run was claimed
            run = tx.runs.get(run.id) or run
        signature = _sign(self._keys.current(DOWNLOAD_LINKS), run, delivery.target, expires)
        query = urlencode({"expires": expires, "signature": signature})
        return f"{self._base}{PATH}/{delivery.id}?{query}"

    def page(self, run: Run) -> str:
        """The address of the run's page, for people with an account."""
        return f"{self._base}/scheduled-exports/{run.scheduled_export_id}?run={run.id}"

    def file(
        self, delivery_id: str, expires: int, signature: str, *, noted: bool = True
    ) -> RunFile:
        """noted: as a download; False where only the headers are requested.

        Raises NotFound for an unknown link, and one that the recipient may no longer use: the
        schedule was deleted, the recipient removed, their domain is not allowed any more, or the
        run's links were revoked. Raises Gone once the link has expired or the file was removed,
        Unavailable while the download cannot be noted.
        """
        with self._store.read() as tx:
            run, target = self._checked(tx, delivery_id, expires, signature)
        file = file_of(run, self._files)
        if not noted:
            return file
        with self._store.write() as tx:  # checked again: it may have changed while this waited
            run, target = self._checked(tx, delivery_id, expires, signature)
            self._downloads.note(tx, run.id, DownloadWay.LINK, target=target)
        _log.info(
            "file downloaded by link",
            run=run.id,
            tenant=run.tenant_id,
            to=log.masked(target),
            bytes=run.file_size,
        )
        return file

    def _checked(
        self, tx: Transaction, delivery_id: str, expires: int, signature: str
    ) -> tuple[Run, str]:
        """The run, and the recipient whose link it is. Raises NotFound and Gone as `file`."""
        delivery = tx.deliveries.get(delivery_id) if is_uuid(delivery_id) else None
        run = tx.runs.get(delivery.history_id) if delivery else None
        schedule = tx.schedules.get(run.scheduled_export_id) if run else None
        if delivery is None or run is None or schedule is None:
            raise NotFound
        target = delivery.target
        if not self._is_signed(run, target, expires, signature):
            raise NotFound
        if not may_receive(tx, delivery, run, schedule):
            raise NotFound
        if datetime.fromtimestamp(expires, UTC) <= self._clock():
            raise LinkExpired
        return run, target

    def revoke(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Revoke all links that the run has sent so far; links that it sends later work. Raises
        NotFound, Forbidden; Conflict where the run sent no links."""
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            now = self._clock()
            run = run_of(tx, schedule_id, run_id)
            if run.sent_as != DeliveryMode.LINK:
                raise NoDownloadLinks
            tx.runs.revoke_links(run.id, now)
            revoked = replace(run, links_revoked_at=now)
            audit_log.note_run(tx, who, Action.RUN_LINKS_REVOKED, revoked, now)
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))
        return revoked

    def _is_signed(self, run: Run, target: str, expires: int, signature: str) -> bool:
        given = signature.encode("utf-8", "surrogatepass")
        good = [_sign(key, run, target, expires) for key in self._keys.accepted(DOWNLOAD_LINKS)]
        return any(hmac.compare_digest(expected.encode(), given) for expected in good)


def _sign(key: bytes, run: Run, target: str, expires: int) -> str:
    parts = [run.id, run.tenant_id, target, str(expires)]
    if run.links_revoked_at is not None:  # so that links sent after a revocation differ
        parts.append(run.links_revoked_at.isoformat())
    return hmac.new(key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
