"""The members of a tenant, their roles, and the new owners of schedules when a member leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from exports_app.domain.access import (
    Permission,
    Principal,
    Role,
    permissions_of,
    require_person,
)
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    LastAdmin,
    NotFound,
    OwnsSchedules,
    VersionConflict,
)
from exports_app.domain.humanize import counted
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, check_search, one_of
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Member, Membership, Page, Tenant, User
from exports_app.services.identity.authentication import TenantRole
from exports_app.services.tenants import recipient_removal
from exports_app.services.tenants.recipient_removal import Addressed
from exports_app.services.tenants.tenant_settings import tenant_of

ROLES = (Role.ADMIN, Role.VIEWER)


@dataclass(frozen=True)
class Leaving:
    """What to decide before a member leaves. successors: members who may become the owners of their
    scheduled exports; empty where they own none. refusal: why they cannot leave; empty where they
    can."""

    tenant: Tenant
    member: Member
    successors: list[User]
    refusal: str = ""


@dataclass(frozen=True)
class Removing:
    """What to decide before an admin removes a member. receives: the tenant's scheduled exports
    that are sent to their address. refusal: as in `Leaving`."""

    member: Member
    successors: list[User]
    receives: Addressed
    refusal: str = ""


class Members:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def find(self, who: Principal, tenant_id: str) -> list[Member]:
        """By name. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return tx.users.members(tenant_id)

    def search(
        self, who: Principal, tenant_id: str, q: str, page: Page
    ) -> tuple[list[Member], int]:
        """A page of members by name, and the number of all. q: part of a name or an address. Raises
        NotFound, Forbidden, Invalid."""
        check_search({"q": q})
        check_page(page)
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return tx.users.find_members(tenant_id, q, page)

    def get(self, who: Principal, tenant_id: str, user_id: str) -> Member:
        """Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return _member(tx, tenant_id, user_id)

    def change_role(
        self, who: Principal, tenant_id: str, user_id: str, role: str, seen: Role | None = None
    ) -> Member:
        """seen: the role that the caller saw. Raises NotFound, Forbidden, Invalid; Conflict for the
        last admin, and where the role is another one than was seen."""
        with self._changing(who, tenant_id, user_id) as (tx, who, old):
            wanted = role_of(role)
            _require_seen(old, seen)
            if old.role is wanted:
                return old
            _keep_an_admin(tx, tenant_id, old)
            tx.users.join(Membership(user_id, tenant_id, wanted))
            self._note(
                tx,
                who,
                Action.MEMBER_CHANGED,
                tenant_id,
                old.user,
                changed={"role": [old.role, wanted]},
            )
        self._publish(tenant_id)
        return replace(old, role=wanted)

    def removing(self, who: Principal, tenant_id: str, user_id: str) -> Removing:
        """What to decide before a member is removed. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            member = _member(tx, tenant_id, user_id)
            others = tx.users.members(tenant_id)
            receives = recipient_removal.addressed(tx, tenant_id, member.user.email)
            refusal = _refusal(tx, tenant_id, member)
        successors = [other.user for other in others if may_succeed(other, user_id)]
        return Removing(member, successors, receives, refusal)

    def remove(
        self,
        who: Principal,
        tenant_id: str,
        user_id: str,
        schedules_to: str | None = None,
        *,
        drop_recipient: bool = False,
        seen: Role | None = None,
    ) -> Addressed:
        """The account stays. schedules_to: the member who becomes the owner of their schedules.
        drop_recipient: remove their address from the recipients of the tenant's scheduled exports.
        seen: the role that the caller saw. Returns of how many it was removed.
        Raises NotFound, Forbidden; Invalid for a new owner who may not export here; Conflict for
        the last admin, where schedules have no new owner, where some would have no recipient, and
        where the role is another one than was seen."""
        with self._changing(who, tenant_id, user_id) as (tx, who, old):
            _require_seen(old, seen)
            self._end_membership(tx, who, old, tenant_id, schedules_to)
            dropped, detail = Addressed(), dict[str, int]()
            if drop_recipient:
                email, now = old.user.email, self._clock()
                dropped = recipient_removal.drop(tx, who, tenant_id, email, now)
                detail["dropped_from"] = dropped.live
                detail |= {"dropped_from_deleted": dropped.deleted} if dropped.deleted else {}
            self._note(tx, who, Action.MEMBER_REMOVED, tenant_id, old.user, **detail)
        self._publish(tenant_id)
        self._changes.publish(Change(Topic.SCHEDULES, tenant_id))
        return dropped

    def belonging(self, who: Principal) -> list[TenantRole]:
        """The tenants that the caller is a member of, by name."""
        with self._store.read() as tx:
            roles = {t: role for t, role in tx.users.roles(who.user_id).items() if _belongs(who, t)}
            tenants = tx.tenants.within(frozenset(roles))
        by_name = sorted(tenants, key=lambda tenant: (tenant.name.casefold(), tenant.id))
        return [TenantRole(tenant, roles[tenant.id]) for tenant in by_name]

    def leaving(self, who: Principal, tenant_id: str) -> Leaving:
        """What the caller has to decide before they leave. Raises NotFound where they are not a
        member."""
        with self._store.read() as tx:
            tenant, member = _own_membership(tx, who, tenant_id)
            others = tx.users.members(tenant_id) if member.schedules else []
            refusal = _refusal(tx, tenant_id, member)
        successors = [other.user for other in others if may_succeed(other, member.user.id)]
        return Leaving(tenant, member, successors, refusal)

    def leave(self, who: Principal, tenant_id: str, schedules_to: str | None = None) -> None:
        """End the caller's own membership. schedules_to and errors: as in `remove`; NotFound where
        they are not a member."""
        with write_as(self._store, who, taking_from=who.user_id) as (tx, who):
            _, member = _own_membership(tx, who, tenant_id, lock=True)
            self._end_membership(tx, who, member, tenant_id, schedules_to)
            self._note(tx, who, Action.MEMBER_LEFT, tenant_id, member.user)
        self._publish(tenant_id)
        self._changes.publish(Change(Topic.SCHEDULES, tenant_id))

    @contextmanager
    def _changing(
        self, who: Principal, tenant_id: str, user_id: str
    ) -> Iterator[tuple[Transaction, Principal, Member]]:
        """A transaction in which nobody else changes the tenant's members or the user, the caller
        as of now, and the member. Raises NotFound, Forbidden."""

        def may(tx: Transaction, who: Principal) -> None:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            _member(tx, tenant_id, user_id)

        with write_as(self._store, who, user_id, may) as (tx, who):
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            yield tx, who, _member(tx, tenant_id, user_id)

    def _end_membership(
        self,
        tx: Transaction,
        who: Principal,
        leaving: Member,
        tenant_id: str,
        schedules_to: str | None,
    ) -> None:
        """The member's scheduled exports get a new owner."""
        _keep_an_admin(tx, tenant_id, leaving)
        if leaving.schedules and schedules_to is None:
            owns = counted(leaving.schedules, "scheduled export")
            raise OwnsSchedules(
                f"{leaving.user.name} owns {owns} here: specify their new owner (schedulesTo)"
            )
        if schedules_to is not None and leaving.schedules:
            new_owner = _new_owner(tx, tenant_id, leaving.user.id, schedules_to).user
            now = self._clock()
            moved = tx.schedules.transfer_ownership(tenant_id, leaving.user.id, new_owner.id, now)
            changed = {"owner": [leaving.user.name, new_owner.name]}
            for schedule in moved:
                audit_log.note_schedule(
                    tx, who, Action.SCHEDULE_UPDATED, schedule, now, changed=changed
                )
        tx.users.leave(leaving.user.id, tenant_id)

    def _note(
        self,
        tx: Transaction,
        who: Principal,
        action: Action,
        tenant_id: str | None,
        user: User,
        **detail: Any,
    ) -> None:
        audit_log.note_user(tx, who, action, tenant_id, user, self._clock(), **detail)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.TENANTS, tenant_id))


def role_of(role: str) -> Role:
    """Raises Invalid for a role that a tenant cannot give."""
    if role not in ROLES:
        raise Invalid([FieldError("/role", one_of(ROLES))])
    return Role(role)


def _require_seen(member: Member, role: Role | None) -> None:
    """role: what the caller saw; None: not said. Raises VersionConflict."""
    if role is not None and member.role is not role:
        raise VersionConflict


def _member(tx: Transaction, tenant_id: str, user_id: str) -> Member:
    member = next(
        (candidate for candidate in tx.users.members(tenant_id) if candidate.user.id == user_id),
        None,
    )
    if member is None:
        raise NotFound
    return member


def _belongs(who: Principal, tenant_id: str) -> bool:
    return tenant_id in who.roles or tenant_id in who.withheld


def _own_membership(
    tx: Transaction, who: Principal, tenant_id: str, *, lock: bool = False
) -> tuple[Tenant, Member]:
    """Also where a missing second factor withholds the rights. Raises NotFound where the caller is
    not a member, also for a super admin."""
    require_person(who)
    tenant = tx.tenants.get(tenant_id, lock=lock) if _belongs(who, tenant_id) else None
    if tenant is None:
        raise NotFound
    return tenant, _member(tx, tenant_id, who.user_id)


def _keep_an_admin(tx: Transaction, tenant_id: str, leaving: Member) -> None:
    if refusal := _refusal(tx, tenant_id, leaving):
        raise LastAdmin(refusal)


def _refusal(tx: Transaction, tenant_id: str, leaving: Member) -> str:
    """Why the tenant's last active admin cannot leave; empty where there is another one."""
    others = [admin for admin in tx.users.admins(tenant_id) if admin.id != leaving.user.id]
    if leaving.role is not Role.ADMIN or others:
        return ""
    return "This is the tenant's last active admin: make someone else an admin first"


def may_succeed(member: Member, leaving_id: str) -> bool:
    """Whether the member may own the scheduled exports of the one who leaves."""
    may_export = member.user.is_active and Permission.WRITE in permissions_of(member.role)
    return may_export and member.user.id != leaving_id


def _new_owner(tx: Transaction, tenant_id: str, user_id: str, new_owner_id: str) -> Member:
    """Raises Invalid."""
    for member in tx.users.members(tenant_id):
        if member.user.id == new_owner_id and may_succeed(member, user_id):
            return member
    raise Invalid([FieldError("/schedulesTo", "choose another member who may export here")])
