"""Audit entries about expired browser sessions, one for each."""

from collections.abc import Callable
from datetime import datetime

from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Session, User
from exports_app.services.core.request_context import RequestContext

BATCH = 200


class SessionExpiry:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def note(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Note sessions that expired since the last call. stop: checked between batches. Returns
        their number. Raises Unavailable."""
        noted = 0
        while not stop():
            now = self._clock()
            # First a read: on SQLite a write blocks others, and mostly there is nothing to do
            with self._store.read() as tx:
                if not tx.sessions.any_expired(now):
                    break
            with self._store.write() as tx:
                expired = tx.sessions.expire(now, BATCH)
                for session, user in expired:
                    if user is not None:
                        _note(tx, session, user, now)
                        noted += 1
            if len(expired) < BATCH:
                break
        return noted


def _note(tx: Transaction, session: Session, user: User, now: datetime) -> None:
    used = session.last_used_at or session.created_at
    detail = {
        "expired": session.expires_at.isoformat(),
        "last_used": used.isoformat(),
        "device": session.device,
    }
    with request_context.use(RequestContext(session=session.id_hash)):
        audit_log.note_user(tx, audit_log.APP, Action.SESSION_EXPIRED, None, user, now, **detail)
