"""Tenants and their people."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table, upsert
from exports_app.domain.access import Role
from exports_app.services.ports import Tenants
from exports_app.services.records import (
    Membership,
    Tenant,
    User,
)


class TenantRepository(Repository[Tenant]):
    model, record = models.TenantRow, Tenant

    def get(self, tenant_id: str) -> Tenant | None:
        return self._one(self._table.c.id == tenant_id)

    def by_slug(self, slug: str) -> Tenant | None:
        return self._one(self._table.c.slug == slug)

    def within(self, limit: Tenants) -> list[Tenant]:
        query = self._select().order_by(self._table.c.slug)
        return self._all(query if limit is None else query.where(self._table.c.id.in_(limit)))

    def add(self, tenant: Tenant) -> None:
        self._insert([tenant])


class UserRepository(Repository[User]):
    model, record = models.UserRow, User

    def get(self, user_id: str) -> User | None:
        return self._one(self._table.c.id == user_id)

    def by_email(self, email: str) -> User | None:
        return self._one(self._table.c.email == email)

    def active(self) -> list[User]:
        return self._all(self._select().where(self._table.c.is_active))

    def is_empty(self) -> bool:
        return self._connection.execute(select(self._table.c.id).limit(1)).first() is None

    def ids(self) -> set[str]:
        return set(self._connection.execute(select(self._table.c.id)).scalars())

    def add(self, user: User) -> None:
        self._insert([user])

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        query = select(self._table.c.id, self._table.c.name).where(self._table.c.id.in_(user_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def admins(self, tenant_id: str) -> list[User]:
        c, members = self._table.c, table(models.MembershipRow)
        query = self._select().join(members, members.c.user_id == c.id)
        return self._all(
            query.where(members.c.tenant_id == tenant_id, members.c.role == Role.ADMIN, c.is_active).order_by(c.email)
        )

    def roles(self, user_id: str) -> dict[str, Role]:
        members = table(models.MembershipRow)
        rows = self._connection.execute(select(members.c.tenant_id, members.c.role).where(members.c.user_id == user_id))
        return {tenant: Role(role) for tenant, role in rows}

    def join(self, membership: Membership) -> None:
        query = upsert(self._connection.dialect.name, table(models.MembershipRow)).values(asdict(membership))
        self._connection.execute(
            query.on_conflict_do_update(index_elements=["user_id", "tenant_id"], set_={"role": query.excluded.role})
        )
