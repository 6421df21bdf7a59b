"""The people of a tenant: who belongs to it, as what, and to whom schedules go when their owner leaves."""

from dataclasses import dataclass, field, replace
from typing import Any

from email_validator import EmailNotValidError

from exports_app.domain.access import PERMISSIONS, Permission, Principal, Role
from exports_app.domain.errors import Conflict, FieldError, Invalid, NotFound
from exports_app.domain.words import counted
from exports_app.services import audit, passwords, rules
from exports_app.services.changes import Change, Changes, Topic
from exports_app.services.ports import Clock, Store, Transaction
from exports_app.services.records import Action, Member, Membership, User, new_id
from exports_app.services.tenants import tenant_of

ROLES = (Role.ADMIN, Role.VIEWER)


@dataclass(frozen=True)
class Added:
    """password: of a user who is new, to be handed on once; None of one who had an account already."""

    member: Member
    password: str | None = field(repr=False)


class Members:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store, self._changes, self._clock = store, changes, clock

    def find(self, who: Principal, tenant_id: str) -> list[Member]:
        """By name. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return tx.users.members(tenant_id)

    def add(self, who: Principal, tenant_id: str, email: str, name: str, role: str) -> Added:
        """Somebody who has an account becomes a member, and keeps their name; others get an account with a one-time password,
        which they must change. Raises NotFound, Forbidden, Invalid; Conflict where they are a member already."""
        address, wanted = _address(email), _role(role)
        password = passwords.one_time()
        hashed = passwords.hash_password(password)  # before the transaction: it is slow on purpose
        with self._store.write() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            user = tx.users.by_email(address)
            known = user is not None
            if user is None:
                user = User(new_id(), address, _name(name), hashed, must_change_password=True)
                tx.users.add(user)
                self._note(tx, who, Action.USER_CREATED, None, user)
            elif tenant_id in tx.users.roles(user.id):
                raise Conflict("This user is a member already: change their role instead")
            tx.users.join(Membership(user.id, tenant_id, wanted))
            self._note(tx, who, Action.MEMBER_ADDED, tenant_id, user, role=wanted)
            added = _member(tx, tenant_id, user.id)
        self._publish(tenant_id)
        return Added(added, None if known else password)

    def change_role(self, who: Principal, tenant_id: str, user_id: str, role: str) -> Member:
        """Raises NotFound, Forbidden, Invalid; Conflict for the last admin."""
        with self._store.write() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            old = _member(tx, tenant_id, user_id)
            wanted = _role(role)
            if old.role is wanted:
                return old
            _keep_an_admin(tx, tenant_id, old)
            tx.users.join(Membership(user_id, tenant_id, wanted))
            self._note(tx, who, Action.MEMBER_CHANGED, tenant_id, old.user, changed={"role": [old.role, wanted]})
        self._publish(tenant_id)
        return replace(old, role=wanted)

    def remove(self, who: Principal, tenant_id: str, user_id: str, schedules_to: str | None = None) -> None:
        """The account stays. schedules_to: the member who becomes the owner of theirs. Raises NotFound, Forbidden; Invalid for a
        new owner who may not export here; Conflict for the last admin, and where schedules have no new owner."""
        now = self._clock()
        with self._store.write() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            old = _member(tx, tenant_id, user_id)
            _keep_an_admin(tx, tenant_id, old)
            if old.schedules and schedules_to is None:
                owns = counted(old.schedules, "scheduled export")
                raise Conflict(f"{old.user.name} owns {owns} here: say who shall own them (schedulesTo)")
            if schedules_to is not None and old.schedules:
                heir = _heir(tx, tenant_id, user_id, schedules_to)
                moved = tx.schedules.hand_over(tenant_id, user_id, heir.user.id, now)
                for schedule in moved:
                    told = {"owner": [old.user.name, heir.user.name]}
                    audit.note_schedule(tx, who, Action.SCHEDULE_UPDATED, schedule, now, changed=told)
            tx.users.leave(user_id, tenant_id)
            self._note(tx, who, Action.MEMBER_REMOVED, tenant_id, old.user)
        self._publish(tenant_id)
        self._changes.publish(Change(Topic.SCHEDULES, tenant_id))

    def _note(self, tx: Transaction, who: Principal, action: Action, tenant_id: str | None, user: User, **detail: Any) -> None:
        audit.note_user(tx, who, action, tenant_id, user, self._clock(), **detail)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.TENANTS, tenant_id))


def _address(email: str) -> str:
    try:
        return rules.valid_address(email).lower()
    except EmailNotValidError as e:
        raise Invalid([FieldError("/email", str(e))]) from None


def _name(name: str) -> str:
    if not 1 <= len(name.strip()) <= 200 or not name.isprintable():
        raise Invalid([FieldError("/name", "give a name of 1 to 200 characters without control characters")])
    return name.strip()


def _role(role: str) -> Role:
    if role not in ROLES:
        raise Invalid([FieldError("/role", rules.one_of(ROLES))])
    return Role(role)


def _member(tx: Transaction, tenant_id: str, user_id: str) -> Member:
    found = next((one for one in tx.users.members(tenant_id) if one.user.id == user_id), None)
    if found is None:
        raise NotFound
    return found


def _keep_an_admin(tx: Transaction, tenant_id: str, leaving: Member) -> None:
    """Nobody else could let anybody in again. One who is not active cannot."""
    others = [one for one in tx.users.admins(tenant_id) if one.id != leaving.user.id]
    if leaving.role is Role.ADMIN and not others:
        raise Conflict("This is the tenant's last active admin: make somebody else an admin first")


def _heir(tx: Transaction, tenant_id: str, user_id: str, heir_id: str) -> Member:
    found = next((one for one in tx.users.members(tenant_id) if one.user.id == heir_id), None)
    may = found is not None and found.user.is_active and Permission.WRITE in PERMISSIONS[found.role]
    if found is None or not may or heir_id == user_id:
        raise Invalid([FieldError("/schedulesTo", "choose another member who may export here")])
    return found
