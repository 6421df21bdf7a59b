"""The owners of scheduled exports: for whom they run, and who takes one over."""

from dataclasses import replace
from typing import Any

from exports_app.domain.access import Permission, Principal, permissions_of
from exports_app.domain.errors import Conflict, FieldError, Invalid, NotFound
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Schedule, User

NO_OWNER = "choose an active member of the tenant who may change scheduled exports"


class Ownership:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def owners(self, who: Principal, tenant_id: str) -> dict[str, str]:
        """The names of who owns scheduled exports in the tenant, by id, in alphabetical order.
        Raises NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            names = tx.users.names(tx.schedules.owners(tenant_id))
        return dict(sorted(names.items(), key=lambda named: (named[1].casefold(), named[0])))

    def candidates(self, who: Principal, tenant_id: str) -> list[User]:
        """Who may become an owner, by name. Raises NotFound, Forbidden."""
        require(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            return _candidates(tx, who, tenant_id)

    def transfer(
        self, who: Principal, schedule_id: str, owner_id: str, version: int | None = None
    ) -> Schedule:
        """Runs that are created from now on act for the new owner. version: as of
        `Schedules.update`. Raises NotFound, Forbidden, Invalid, Conflict."""

        def may(tx: Transaction, who: Principal) -> User:
            tenant_id = schedule_of(tx, who, schedule_id, Permission.WRITE).tenant_id
            return _candidate(tx, who, tenant_id, owner_id)

        # Both users are locked, so that nobody takes the new owner's rights away meanwhile
        with write_as(self._store, who, owner_id, may) as (tx, who):
            old = schedule_of(tx, who, schedule_id, Permission.WRITE)
            tx.tenants.get(old.tenant_id, lock=True)  # its members stay as they are
            new_owner = _candidate(tx, who, old.tenant_id, owner_id)
            if version is not None and version != old.version:
                raise Conflict
            if old.owner_id == owner_id:
                return old
            now = self._clock()
            values: dict[str, Any] = {
                "owner_id": owner_id,
                "updated_at": now,
                "version": old.version + 1,
            }
            if not tx.schedules.update(old.id, old.version, values):
                raise Conflict
            before = tx.users.names([old.owner_id]).get(old.owner_id, audit_log.GONE)
            changed = {"owner": [before, new_owner.name]}
            audit_log.note_schedule(tx, who, Action.SCHEDULE_UPDATED, old, now, changed=changed)
        self._changes.publish(Change(Topic.SCHEDULES, old.tenant_id))
        return replace(old, **values)


def _candidate(tx: Transaction, who: Principal, tenant_id: str, owner_id: str) -> User:
    """Raises Invalid where the user may not become an owner, or is none."""
    people = {user.id: user for user in _candidates(tx, who, tenant_id)}
    if (found := people.get(owner_id)) is None:
        raise Invalid([FieldError("/ownerId", NO_OWNER)])
    return found


def _candidates(tx: Transaction, who: Principal, tenant_id: str) -> list[User]:
    """The active members who may change scheduled exports, and the caller."""
    found = [
        member.user
        for member in tx.users.members(tenant_id)
        if member.user.is_active and Permission.WRITE in permissions_of(member.role)
    ]
    if who.user_id not in {user.id for user in found}:
        me = tx.users.get(who.user_id)
        found += [me] if me is not None else []
    return found
