"""Users, and their memberships of tenants."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table, upsert
from exports_app.db.repositories.tenants.tenants import TenantRepository
from exports_app.db.search import USERS
from exports_app.domain.access import Role
from exports_app.services.core.records import (
    Member,
    Membership,
    Page,
    Tenant,
    User,
    service_address,
)


class UserRepository(Repository[User]):
    model, record = models.UserRow, User

    def __init__(self, connection: Connection, signed_out: set[str]) -> None:
        """signed_out: gets the ids of users who are signed out by what is written here."""
        super().__init__(connection)
        self._signed_out = signed_out

    def get(self, user_id: str, *, lock: bool = False, share: bool = False) -> User | None:
        return self._one(self._table.c.id == user_id, lock=lock, share=share)

    def by_email(self, email: str, *, lock: bool = False) -> User | None:
        is_person = self._table.c.service_of.is_(None)
        return self._one(self._table.c.email == email, is_person, lock=lock)

    def service_account(self, tenant_id: str) -> User | None:
        # The index of addresses finds it, which are unique
        c, address = self._table.c, service_address(tenant_id)
        return self._one(c.email == address, c.service_of == tenant_id)

    def demo_password_emails(self) -> list[str]:
        c = self._table.c
        query = select(c.email).where(c.is_active, c.has_demo_password).order_by(c.email)
        return list(self._connection.execute(query).scalars())

    def unproven_emails(self) -> list[str]:
        c = self._table.c
        query = select(c.email).where(c.is_active, c.email_proven_at.is_(None)).order_by(c.email)
        return list(self._connection.execute(query).scalars())

    def is_empty(self) -> bool:
        return self._connection.execute(select(self._table.c.id).limit(1)).first() is None

    def ids(self) -> set[str]:
        return set(self._connection.execute(select(self._table.c.id)).scalars())

    def add(self, user: User) -> None:
        self._insert([user])

    def add_new(self, user: User) -> bool:
        new = upsert(self._connection.dialect.name, self._table).values(asdict(user))
        new = new.on_conflict_do_nothing(index_elements=["email"]).returning(self._table.c.id)
        return self._connection.execute(new).first() is not None

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        query = select(self._table.c.id, self._table.c.name).where(self._table.c.id.in_(user_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def find(self, q: str, page: Page) -> tuple[list[User], int]:
        search, people = self._search(USERS, q), (self._table.c.service_of.is_(None),)
        return self._page(people, replace(page, sort="name"), search=search)

    def roles_of(self, user_ids: Collection[str]) -> dict[str, dict[Tenant, Role]]:
        members, tenants = table(models.MembershipRow), table(models.TenantRow)
        columns = [tenants.c[field.name] for field in fields(Tenant)]
        query = select(members.c.user_id, members.c.role, *columns).join(
            tenants, tenants.c.id == members.c.tenant_id
        )
        roles: dict[str, dict[Tenant, Role]] = {}
        make = TenantRepository(self._connection)._make
        for row in self._connection.execute(
            query.where(members.c.user_id.in_(user_ids))
        ).mappings():
            values = dict(row)
            user_id, role = values.pop("user_id"), Role.of(values.pop("role"))
            roles.setdefault(user_id, {})[make(values)] = role
        return roles

    def update(self, user_id: str, values: Mapping[str, Any]) -> None:
        if "password_hash" in values:  # done here, so that no caller can forget it
            values = {"has_demo_password": False, **values}
        self._update(self._table.c.id == user_id, values=values)
        if not values.keys().isdisjoint({"token_version", "is_active"}):
            self._signed_out.add(user_id)

    def use_one_time(self, user: User, now: datetime) -> bool:
        c = self._table.c
        same = (c.id == user.id, c.password_hash == user.password_hash, c.must_change_password)
        return (
            self._update(*same, c.one_time_expires_at > now, values={"one_time_expires_at": now})
            == 1
        )

    def members(self, tenant_id: str) -> list[Member]:
        return self._as_members(tenant_id, self._members(tenant_id))

    def find_members(self, tenant_id: str, q: str, page: Page) -> tuple[list[Member], int]:
        c, search = self._table.c, self._search(USERS, q)
        query = self._members(tenant_id)
        counted = select(func.count()).select_from(self._membership()).where(self._in(tenant_id))
        if search is not None:
            query, counted = query.where(search.of_rows()), counted.where(search.of_all())
        if page.after is not None:
            query = query.where(tuple_(c.name, c.id) > page.after)
        found = self._as_members(tenant_id, query.limit(page.size).offset(page.offset))
        return found, int(self._connection.execute(counted).scalar_one())

    def _membership(self) -> Any:
        members = table(models.MembershipRow)
        return self._table.join(members, members.c.user_id == self._table.c.id)

    def _in(self, tenant_id: str) -> Any:
        return table(models.MembershipRow).c.tenant_id == tenant_id

    def _members(self, tenant_id: str) -> Any:
        """By name."""
        c, role = self._table.c, table(models.MembershipRow).c.role.label("role")
        query = select(*self._columns, role).select_from(self._membership())
        return query.where(self._in(tenant_id)).order_by(c.name, c.id)

    def _as_members(self, tenant_id: str, query: Any) -> list[Member]:
        count = len(self._columns)
        rows = self._connection.execute(query).all()
        owned = self._owned(tenant_id, [row.id for row in rows])
        return [Member(User(*row[:count]), Role.of(row.role), owned.get(row.id, 0)) for row in rows]

    def _owned(self, tenant_id: str, user_ids: Sequence[str]) -> dict[str, int]:
        """How many of the tenant's schedules each of them owns."""
        c = table(models.ScheduleRow).c
        query = select(c.owner_id, func.count().label("owned")).group_by(c.owner_id)
        query = query.where(
            c.tenant_id == tenant_id, c.deleted_at.is_(None), c.owner_id.in_(user_ids)
        )
        return {row.owner_id: row.owned for row in self._connection.execute(query)}

    def leave(self, user_id: str, tenant_id: str) -> None:
        c = table(models.MembershipRow).c
        self._connection.execute(
            delete(table(models.MembershipRow)).where(
                c.user_id == user_id, c.tenant_id == tenant_id
            )
        )

    def admins(self, tenant_id: str) -> list[User]:
        c, members = self._table.c, table(models.MembershipRow)
        query = self._select().join(members, members.c.user_id == c.id)
        return self._all(
            query.where(
                members.c.tenant_id == tenant_id, members.c.role == Role.ADMIN, c.is_active
            ).order_by(c.email)
        )

    def roles(self, user_id: str) -> dict[str, Role]:
        members = table(models.MembershipRow)
        rows = self._connection.execute(
            select(members.c.tenant_id, members.c.role).where(members.c.user_id == user_id)
        )
        return {tenant: Role.of(role) for tenant, role in rows}

    def roles_that_need_a_second_factor(self, user_id: str) -> frozenset[str]:
        members, tenants = table(models.MembershipRow), table(models.TenantRow)
        query = select(members.c.tenant_id).join(tenants, tenants.c.id == members.c.tenant_id)
        query = query.where(members.c.user_id == user_id, tenants.c.second_factor_required)
        return frozenset(self._connection.execute(query).scalars())

    def join(self, membership: Membership) -> None:
        query = upsert(self._connection.dialect.name, table(models.MembershipRow)).values(
            asdict(membership)
        )
        self._connection.execute(
            query.on_conflict_do_update(
                index_elements=["user_id", "tenant_id"], set_={"role": query.excluded.role}
            )
        )
