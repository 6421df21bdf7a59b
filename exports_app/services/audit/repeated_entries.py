"""Audit entries about events that anyone can repeat: failed sign-ins, waits before the next one,
refused calls.

They are counted in memory and written every few seconds. So a guesser cannot fill the table, and an
answer takes as long for an account as for an address without one. Events that repeat within WINDOW
become one entry with a count.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from exports_app import log
from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError, Forbidden, NotFound, Unavailable
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.email_addresses import account_address
from exports_app.services.core.field_rules import xml_can_hold
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.network_addresses import network
from exports_app.services.core.records import Action, AuditEntry, User, new_id
from exports_app.services.core.request_context import RequestContext

WINDOW = timedelta(minutes=10)
"""After the first entry of an event, its repetitions within this time become one entry."""
MAX_KEYS = 1_000
"""Different events that are counted apart; more are counted together."""
MAX_WRITTEN = 200
"""Entries written within WINDOW; more events are counted together."""
SOMEBODY = "someone"
UNKNOWN = "an unknown address"
"""What was typed is not stored: people type passwords into the wrong field."""
MANY = "many different accounts and addresses"

_log = log.get(__name__)
Key = tuple[str, ...]


@dataclass
class _Count:
    """Events of one key. typed: the subject's name is an address as typed, which was not looked up
    yet."""

    action: Action
    context: RequestContext
    since: datetime
    until: datetime
    subject_name: str
    subject_id: str | None = None
    tenant_id: str | None = None
    who: Principal | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    times: int = 1
    typed: bool = False


class RepeatedEntries:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._new: dict[Key, _Count] = {}
        self._open: dict[Key, _Count] = {}
        """Events that were not written yet, with their addresses looked up."""
        self._written: dict[Key, datetime] = {}
        """When an entry of this key was last written."""

    def failed_sign_in(self, email: str) -> None:
        self._sign_in(Action.SIGN_IN_FAILED, email)

    def slowed_sign_in(self, email: str, seconds: int) -> None:
        """seconds: to wait until the next attempt."""
        self._sign_in(Action.SIGN_IN_SLOWED, email, seconds_to_wait=seconds)

    def wrong_current_password(self, who: Principal, user: User, seconds: int = 0) -> None:
        """By a signed-in user, maybe with a stolen session. seconds: to wait until the next
        attempt."""
        self._of_signed_in(Action.CURRENT_PASSWORD_WRONG, who, user, seconds)

    def wrong_current_code(self, who: Principal, user: User, seconds: int = 0) -> None:
        """As `wrong_current_password`, for a code of the second factor."""
        self._of_signed_in(Action.CURRENT_CODE_WRONG, who, user, seconds)

    def _of_signed_in(self, action: Action, who: Principal, user: User, seconds: int) -> None:
        now, context = self._clock(), request_context.current()
        detail = {"seconds_to_wait": seconds} if seconds else {}
        count = _Count(action, context, now, now, user.email, user.id, None, who, detail)
        self._add((action, who.user_id, network(context.address)), count)

    def refused_link(
        self, who: Principal | None, subject_id: str | None, subject_name: str, **detail: str
    ) -> None:
        """A refused link to an account or an invitation. who: the signed-in caller. subject_name:
        nothing secret, so not the link."""
        now, context = self._clock(), request_context.current()
        action = Action.LINK_REFUSED
        key = (
            action,
            who.user_id if who else "",
            subject_id or "",
            *detail.values(),
            network(context.address),
        )
        self._add(
            key, _Count(action, context, now, now, subject_name, subject_id, None, who, detail)
        )

    def refused(self, who: Principal, error: ExportsError, what: str) -> None:
        """A refused call. what: the route or action. Other errors are ignored.

        For a caller who is not a member, the entry belongs to the installation, so that the tenant
        does not learn who else exists. Where the call named no tenant, it belongs to the caller's
        only tenant.
        """
        tenant_id = refused_in(error)
        if tenant_id is None:
            return
        if not tenant_id and len(who.roles) == 1:
            (tenant_id,) = who.roles
        tenant = tenant_id if tenant_id and who.roles.get(tenant_id) else None
        detail = {"of_tenant": tenant_id} if tenant_id and tenant is None else {}
        now, context = self._clock(), request_context.current()
        count = _Count(
            Action.ACCESS_REFUSED,
            context,
            now,
            now,
            what[: bounds.ADDRESS],
            None,
            tenant,
            who,
            detail,
        )
        caller = who.key.id if who.key else who.user_id
        self._add((count.action, caller, tenant_id, what), count)

    def _sign_in(self, action: Action, email: str, **detail: Any) -> None:
        email = account_address(email[: bounds.ADDRESS])
        now = self._clock()
        context = request_context.current()
        self._add(
            (action, email, network(context.address)),
            _Count(action, context, now, now, email, detail=detail, typed=True),
        )

    def _add(self, key: Key, count: _Count) -> None:
        with self._lock:
            _tally(self._new, key, count)

    def flush(self, *, last: bool = False) -> int:
        """Write what is due. last: also repetitions within WINDOW, since this process ends. Returns
        the number of entries. Raises Unavailable, and keeps the counts then."""
        with self._flushing:
            now = self._clock()
            with self._lock:
                new, self._new = self._new, {}
            try:
                self._merge(new)
            except Unavailable:
                with self._lock:
                    for key, count in new.items():
                        _tally(self._new, key, count)
                raise
            self._written = {key: at for key, at in self._written.items() if at > now - WINDOW}
            due = [key for key in self._open if last or key not in self._written]
            self._limit([key for key in due if MANY not in key], MAX_WRITTEN - len(self._written))
            due = [key for key in self._open if last or key not in self._written]
            if due:
                with self._store.write() as tx:
                    for key in due:
                        _write(tx, self._open[key], now)
            for key in due:
                del self._open[key]
            self._written |= dict.fromkeys(due, now)
            return len(due)

    def _limit(self, keys: list[Key], room: int) -> None:
        """Leave so many entries apart; the others are counted together."""
        for key in keys[max(0, room) :]:
            count = self._open.pop(key)
            _tally(self._open, _overflow(count), _nameless(count))

    def close(self) -> None:
        """Write all that is left, unless the database cannot be reached."""
        try:
            self.flush(last=True)
        except Unavailable as e:
            _log.warning(
                "failed sign-ins and refusals could not be noted: the database cannot be reached",
                reason=e.why,
            )

    def _merge(self, new: dict[Key, _Count]) -> None:
        addresses = {count.subject_name for count in new.values() if count.typed}
        users = self._users(addresses) if addresses else {}
        for key, count in new.items():
            if not count.typed:
                _tally(self._open, key, count)
                continue
            user_id, email = users.get(count.subject_name, (None, UNKNOWN))
            named = replace(count, subject_id=user_id, subject_name=email, typed=False)
            _tally(self._open, (count.action, user_id or "", network(count.context.address)), named)

    def _users(self, addresses: Iterable[str]) -> dict[str, tuple[str, str]]:
        with self._store.read() as tx:
            # PostgreSQL refuses NUL in text
            users = {a: tx.users.by_email(a) for a in addresses if xml_can_hold(a)}
        return {
            address: (user.id, user.email) for address, user in users.items() if user is not None
        }


def refused_in(error: ExportsError) -> str | None:
    """The tenant in which a right was refused; empty where there is none; None for another
    error."""
    return error.refused_in if isinstance(error, Forbidden | NotFound) else None


def _tally(into: dict[Key, _Count], key: Key, count: _Count) -> None:
    """Add to the count of the key, or to the common count where there are too many keys."""
    if key not in into and len(into) >= MAX_KEYS:
        key, count = _overflow(count), _nameless(count)
    before = into.get(key)
    if before is None:
        into[key] = count
    else:
        detail = before.detail | count.detail
        into[key] = replace(
            before, until=count.until, times=before.times + count.times, detail=detail
        )


def _overflow(count: _Count) -> Key:
    return (count.action, "", "", MANY)


def _nameless(count: _Count) -> _Count:
    return _Count(count.action, RequestContext(), count.since, count.until, MANY, times=count.times)


def _write(tx: Transaction, count: _Count, now: datetime) -> None:
    detail = dict(count.detail) | audit_log.key_detail(count.who)
    if count.times > 1:
        detail |= {
            "times": count.times,
            "first": count.since.isoformat(),
            "last": count.until.isoformat(),
        }
    actor_id = count.who.user_id if count.who else None
    name = tx.users.names([actor_id]).get(actor_id, audit_log.GONE) if actor_id else SOMEBODY
    entry = AuditEntry(
        *(new_id(), count.tenant_id, now, actor_id, name, count.action),
        subject_id=count.subject_id,
        subject_name=count.subject_name,
        detail=detail,
    )
    tx.audit.add([replace(entry, **audit_log.origin(count.context))])
