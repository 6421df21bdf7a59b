"""The audit log: who did what, and when. Each service notes its changes here, in the transaction
that makes them. Entries are never changed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from exports_app import __version__
from exports_app.domain.access import (
    Permission,
    Principal,
    require_anywhere,
    require_operator,
)
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.services.audit import table
from exports_app.services.core import request_context
from exports_app.services.core.authorization import require
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, check_search, one_of
from exports_app.services.core.interfaces import AuditFilter, Clock, Store, Transaction
from exports_app.services.core.records import Action, AuditEntry, Page, Run, Schedule, User, new_id
from exports_app.services.core.request_context import RequestContext
from exports_app.services.events import noting

APP = "the app"
"""The actor where no user did it, here and below."""
COMMAND_LINE = "the command line"
GONE = "someone who is gone"
AREAS = tuple(dict.fromkeys(action.partition(".")[0] for action in Action))
BATCH = 500
LONGEST_ORIGIN = 64
"""The most characters of an address, a session's id and a request's id."""


def note(
    tx: Transaction,
    who: Principal | str,
    action: Action,
    now: datetime,
    *,
    tenant_id: str | None,
    subject_id: str | None,
    subject_name: str,
    **detail: Any,
) -> None:
    """who: the caller; a name where no user did it. subject_id, subject_name: what was changed.
    detail: nothing secret. The address, session and request come from the request context."""
    actor_id, actor_name = actor(tx, who)
    entry = AuditEntry(
        *(new_id(), tenant_id, now, actor_id, actor_name, action, subject_id, subject_name),
        detail | key_detail(who),
    )
    tx.audit.add([replace(entry, **origin(request_context.current()))])


def actor(tx: Transaction, who: Principal | str) -> tuple[str | None, str]:
    """The id and the name."""
    if isinstance(who, str):
        return None, who
    return who.user_id, tx.users.names([who.user_id]).get(who.user_id, GONE)


def key_detail(who: Principal | str | None) -> dict[str, Any]:
    """The API key that acted, if one did."""
    key = who.key if isinstance(who, Principal) else None
    return {"api_key": {"id": key.id, "name": key.name}} if key else {}


def origin(context: RequestContext) -> dict[str, Any]:
    """The fields of an entry that say where the request came from; None for what is not known."""
    names = ("address", "session", "request_id")
    return {name: getattr(context, name)[:LONGEST_ORIGIN] or None for name in names}


def note_schedule(
    tx: Transaction,
    who: Principal | str,
    action: Action,
    schedule: Schedule,
    now: datetime,
    **detail: Any,
) -> None:
    """An entry about it, and an event: all changes of schedules come by here, or by
    `note_schedules`."""
    note_schedules(tx, who, [(action, schedule, detail)], now)


def note_schedules(
    tx: Transaction,
    who: Principal | str,
    notes: Sequence[tuple[Action, Schedule, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """An entry about each, with its detail, and an event."""
    (actor_id, actor_name), where = actor(tx, who), origin(request_context.current())
    tx.audit.add(
        AuditEntry(
            *(new_id(), one.tenant_id, now, actor_id, actor_name, action, one.id, one.name),
            detail=dict(detail) | key_detail(who),
            **where,
        )
        for action, one, detail in notes
    )
    noting.note_schedules(tx, (actor_id, actor_name), notes, now)


def note_run(
    tx: Transaction, who: Principal | str, action: Action, run: Run, now: datetime, **detail: Any
) -> None:
    """An entry about the run's schedule, with its name at the time of the run."""
    subject = {
        "tenant_id": run.tenant_id,
        "subject_id": run.scheduled_export_id,
        "subject_name": run.spec.name,
    }
    note(tx, who, action, now, **subject, run=run.id, **detail)


def note_user(
    tx: Transaction,
    who: Principal | str,
    action: Action,
    tenant_id: str | None,
    user: User,
    now: datetime,
    **detail: Any,
) -> None:
    note(
        tx,
        who,
        action,
        now,
        tenant_id=tenant_id,
        subject_id=user.id,
        subject_name=user.email,
        **detail,
    )


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The fields that differ: ``{"name": [old, new]}``."""
    return {
        key: [_plain(old.get(key)), _plain(value)]
        for key, value in new.items()
        if old.get(key) != value
    }


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, tuple):
        return list(value)
    return (
        value
        if value is None or isinstance(value, str | int | float | bool | list | dict)
        else str(value)
    )


class Audit:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(
        self, who: Principal, tenant_id: str | None, where: AuditFilter, page: Page
    ) -> tuple[list[AuditEntry], int]:
        """The newest first, and the number of all. tenant_id: None: all tenants that the caller
        manages; for a super admin also entries of no tenant, or only these with
        `where.installation`. Raises NotFound, Forbidden, Invalid."""
        within, where = self._within(who, tenant_id, where), _checked(where)
        check_page(page)
        with self._store.read() as tx:
            return tx.audit.find(within, where, page)

    def csv_version(self, who: Principal, tenant_id: str | None, where: AuditFilter) -> str:
        """Stands for the text of `csv`: where it is the same, so is the text. Raises as `find`."""
        within, where = self._within(who, tenant_id, where), _checked(where)
        until = _until(where, self._clock())
        # Entries are never changed, and only the oldest are removed; one that is added between
        # others, by a server whose clock is behind, shows in the number
        with self._store.read() as tx:
            newest, total = tx.audit.find(within, until, Page(1, 1))
            oldest, _ = tx.audit.find(within, until, Page(1, 1, "at", most=0))
        ends = [entry.id for entry in (*newest, *oldest)]
        of = (__version__, within and sorted(within), vars(where), ends, total)
        return hashlib.sha256(repr(of).encode()).hexdigest()[:32]

    def csv(self, who: Principal, tenant_id: str | None, where: AuditFilter) -> Iterator[str]:
        """All entries as CSV (RFC 4180), in pieces. Raises as `find` before the first piece, and
        Unavailable while the download cannot be noted."""
        within, where = self._within(who, tenant_id, where), _checked(where)
        self._note_download(who, within)
        # New entries come first and would shift the pages: leave them out
        return self._lines(within, _until(where, self._clock()))

    def _note_download(self, who: Principal, within: frozenset[str] | None) -> None:
        with write_as(self._store, who) as (tx, who):
            if within is None:
                require_operator(who)
            for managed in within or ():
                require(who, Permission.MANAGE, managed)
            for tenant_id in sorted(within) if within else [None]:
                note(
                    tx,
                    who,
                    Action.AUDIT_DOWNLOADED,
                    self._clock(),
                    tenant_id=tenant_id,
                    subject_id=None,
                    subject_name="the audit, as a table",
                )

    def _lines(self, within: frozenset[str] | None, where: AuditFilter) -> Iterator[str]:
        yield table.line(table.HEADER)
        page = Page(1, BATCH, most=0)
        while True:
            with self._store.read() as tx:
                entries, _ = tx.audit.find(within, where, page)
            yield "".join(table.line(table.cells(entry)) for entry in entries)
            if len(entries) < BATCH:
                return
            page = replace(page, after=(entries[-1].at, entries[-1].id))

    def _within(
        self, who: Principal, tenant_id: str | None, where: AuditFilter
    ) -> frozenset[str] | None:
        require_anywhere(who, Permission.MANAGE)
        if where.installation:
            require_operator(who)
            if tenant_id is not None:
                raise Invalid(
                    [
                        FieldError(
                            "/installation",
                            "installation entries belong to no tenant: leave out tenantId",
                        )
                    ]
                )
            return None
        if tenant_id is None:
            return who.tenants(Permission.MANAGE)
        require(who, Permission.MANAGE, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
        return frozenset({tenant_id})


def _until(where: AuditFilter, now: datetime) -> AuditFilter:
    return replace(where, before=min(where.before or now, now))


def _checked(where: AuditFilter) -> AuditFilter:
    """The filter with its instants in UTC. Raises Invalid."""
    check_search({"q": where.q})
    if where.area and where.area not in AREAS:
        raise Invalid([FieldError("/area", one_of(AREAS))])
    try:
        since, before = (
            None if at is None else at.astimezone(UTC) for at in (where.since, where.before)
        )
    except OverflowError:
        raise Invalid(
            [FieldError("/since", "must lie between the years 1 and 9999 in UTC")]
        ) from None
    if since and before and before <= since:
        raise Invalid([FieldError("/before", "must be after since")])
    return replace(where, since=since, before=before)
