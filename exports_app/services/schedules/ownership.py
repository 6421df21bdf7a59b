"""The owners of scheduled exports: for whom they run, and who takes one over."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from exports_app.domain.access import Permission, Principal, permissions_of
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require, schedule_of
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.core.records import Schedule, User
from exports_app.services.schedules.batches import Batch, Batches, Outcome, Work
from exports_app.services.schedules.edits import Edit

NO_OWNER = "choose an active member of the tenant who may change scheduled exports"


class Ownership:
    def __init__(self, store: Store, batches: Batches) -> None:
        self._store = store
        self._batches = batches

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
        one = self._batches.one(who, schedule_id, _Transfer(owner_id, version))
        return one.pair[1] if one.pair else self._schedule(who, schedule_id)

    def transfer_all(self, who: Principal, ids: Sequence[str], owner_id: str) -> Outcome:
        return self._batches.each(who, ids, _Transfer(owner_id))

    def _schedule(self, who: Principal, schedule_id: str) -> Schedule:
        with self._store.read() as tx:
            return schedule_of(tx, who, schedule_id, Permission.WRITE)


class _Transfer(Work):
    """Both users are locked, and the tenant, so that nobody takes the new owner's rights away
    meanwhile."""

    locks_tenants = True

    def __init__(self, owner_id: str, version: int | None = None) -> None:
        self.takes_from = owner_id
        self._owner_id = owner_id
        self._version = version

    def begin(self, tx: Transaction, who: Principal, tenant_ids: Collection[str]) -> None:
        for tenant_id in tenant_ids:
            _candidate(tx, who, tenant_id, self._owner_id)

    def plan(self, old: Schedule) -> Edit | None:
        if self._version is not None and self._version != old.version:
            raise VersionConflict
        return None if old.owner_id == self._owner_id else Edit({"owner_id": self._owner_id})

    def check(self, batch: Batch, old: Schedule, edit: Edit) -> Edit:
        tenant_id, was = old.tenant_id, old.owner_id
        key = f"owner {tenant_id}"
        new = batch.once(
            key, lambda: _candidate(batch.tx, batch.who, tenant_id, self._owner_id).name
        )
        before = batch.once(f"name {was}", lambda: batch.tx.users.names([was]).get(was))
        return replace(edit, detail={"changed": {"owner": [before or audit_log.GONE, new]}})


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
