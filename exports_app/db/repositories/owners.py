"""The owners of a tenant's schedules."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Connection, and_, exists, func, select

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.db.repositories.searching import FEW
from exports_app.domain.access import PERMISSIONS, Permission, Role
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import service_address

SCHEDULES = table(models.ScheduleRow)
EXPORTING = [role for role in Role if Permission.WRITE in PERMISSIONS[role]]


def active(tenant_id: str, *where: Any, of: Any = SCHEDULES) -> tuple[Any, ...]:
    c = of.c
    return c.tenant_id == tenant_id, c.is_active, c.deleted_at.is_(None), *where


def owned_by(connection: Connection, user_ids: Sequence[str], within: Tenants, *where: Any) -> Any:
    """The condition that a schedule belongs to one of these users, and meets others. Few are found
    first, by their ids; of more, each one in the list's order is looked at until the page is
    full."""
    c = SCHEDULES.c
    owned = select(c.id).where(c.owner_id.in_(user_ids), c.deleted_at.is_(None), *where)
    if within is not None:
        owned = owned.where(c.tenant_id.in_(within))
    ids = list(connection.execute(owned.limit(FEW + 1)).scalars())
    if len(ids) <= FEW:
        return c.id.in_(ids)
    # Not the column itself: by its index all of them would be read, and sorted
    return and_(func.coalesce(c.owner_id, "").in_(user_ids), *where)


def of_tenant(tenant_id: str) -> Any:
    """The ids of who owns schedules there: its members, the account of its API keys, and the owners
    of its active schedules."""
    members = table(models.MembershipRow).c
    c, of_active = SCHEDULES.c, _owners(tenant_id)
    owned = exists().where(
        c.owner_id == members.user_id, c.tenant_id == tenant_id, c.deleted_at.is_(None)
    )
    of_members = select(members.user_id).where(members.tenant_id == tenant_id, owned)
    users = table(models.UserRow).c
    owned_by_keys = exists().where(
        c.owner_id == users.id, c.tenant_id == tenant_id, c.deleted_at.is_(None)
    )
    of_keys = select(users.id).where(users.email == service_address(tenant_id), owned_by_keys)
    return of_members.union(of_keys, select(of_active.c.id).where(of_active.c.id.is_not(None)))


def without_right(tenant_id: str) -> Any:
    """The owners of the tenant's active schedules who may not export there."""
    owners = _owners(tenant_id)
    users, members = table(models.UserRow).c, table(models.MembershipRow).c
    member = exists().where(
        members.user_id == users.id,
        members.tenant_id == tenant_id,
        members.role.in_(EXPORTING),
    )
    may = exists().where(
        users.id == owners.c.id,
        users.is_active,
        users.is_super_admin
        | (users.service_of == tenant_id)
        | member.correlate(table(models.UserRow)),
    )
    return select(owners.c.id).where(owners.c.id.is_not(None), ~may.correlate(owners))


def _owners(tenant_id: str) -> CTE:
    """The owners of the tenant's active schedules, in steps from one to the next: as many as there
    are owners, and not schedules."""
    first, later = SCHEDULES.alias("first"), SCHEDULES.alias("later")

    start = select(func.min(first.c.owner_id)).where(*active(tenant_id, of=first))
    owners = select(start.scalar_subquery().label("id")).cte("owners", recursive=True)
    step = select(func.min(later.c.owner_id)).where(
        *active(tenant_id, later.c.owner_id > owners.c.id, of=later)
    )
    following = select(step.correlate(owners).scalar_subquery()).where(owners.c.id.is_not(None))
    return owners.union_all(following)
