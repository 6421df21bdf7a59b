"""Maintenance mode: no run begins until it is over. It is kept in the database, so that it holds
for all servers and workers, and over restarts."""

import secrets
from dataclasses import dataclass
from typing import Any

from exports_app import log
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import EVERY_TENANT, Change, Changes, Topic
from exports_app.services.core.field_rules import LINE_ENDS, TURNS, has_controls
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, InstallationRecord, Maintenance

SUBJECT = "maintenance"

_log = log.get(__name__)


@dataclass(frozen=True)
class Changed:
    """changed: False where it was so already."""

    now: Maintenance
    changed: bool


class MaintenanceMode:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._seen = Maintenance()

    @property
    def seen(self) -> Maintenance:
        """As the engine of this process saw it last: it looks each second."""
        return self._seen

    def now(self) -> Maintenance:
        """As the database has it. Raises Unavailable."""
        with self._store.read() as tx:
            return tx.installation.maintenance()

    def look(self) -> Maintenance:
        """As `now`, for `seen`. Where it has changed since the last look, all pages are refreshed:
        the command that changed it is another process."""
        before, self._seen = self._seen, self.now()
        if (before.since, before.reason) != (self._seen.since, self._seen.reason):
            if self._seen.is_on:
                _log.warning("maintenance: no run begins", reason=self._seen.reason)
            else:
                _log.info("maintenance is over")
            self._changes.publish(Change(Topic.TENANTS, EVERY_TENANT))
        return self._seen

    def runs_at_work(self) -> int:
        """Runs that were begun and have not ended. One whose worker died counts until its lease
        ends. Raises Unavailable."""
        with self._store.read() as tx:
            return tx.run_queue.at_work(self._clock())

    def begin(self, reason: str | None = None) -> Changed:
        """From now on no run begins, in any process. A later call changes the reason. reason: one
        line, or empty; None: as it is. Raises Invalid, Unavailable."""
        if reason is not None and (why := _wrong_reason(reason)):
            raise Invalid([FieldError("/reason", why)])
        with self._store.write() as tx:
            tx.run_queue.lock_claims()  # none is under way that has not seen it
            before = tx.installation.maintenance()
            said = before.reason if reason is None else reason
            now = Maintenance(before.since or self._clock(), said)
            return self._set(tx, Action.MAINTENANCE_BEGUN, before, now)

    def end(self) -> Changed:
        """Runs begin again. Raises Unavailable."""
        with self._store.write() as tx:
            tx.run_queue.lock_claims()
            before = tx.installation.maintenance()
            now = Maintenance(ended_at=self._clock()) if before.is_on else before
            return self._set(tx, Action.MAINTENANCE_ENDED, before, now)

    def _set(
        self, tx: Transaction, action: Action, before: Maintenance, now: Maintenance
    ) -> Changed:
        if before == now:
            return Changed(now, changed=False)
        if tx.installation.noted() is None:  # no server has started yet
            tx.installation.add(InstallationRecord(salt=secrets.token_hex(16)))
        tx.installation.set_maintenance(now)
        detail: dict[str, Any] = {"reason": now.reason} if now.reason else {}
        audit_log.note(
            *(tx, audit_log.COMMAND_LINE, action, self._clock()),
            tenant_id=None,
            subject_id=None,
            subject_name=SUBJECT,
            **detail,
        )
        return Changed(now, changed=True)


def _wrong_reason(reason: str) -> str | None:
    """The error of a reason; None where it is valid."""
    if len(reason) > bounds.REASON:
        return bounds.at_most(bounds.REASON)
    if has_controls(reason) or not LINE_ENDS.isdisjoint(reason):
        return "write one line without control characters"
    return TURNS if bounds.turns_text(reason) else None
