"""Browsers' sessions and one-time codes."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, forget, table
from exports_app.services.core.records import (
    Code,
    Session,
    User,
)


class SessionRepository(Repository[Session]):
    model, record = models.SessionRow, Session

    def __init__(self, connection: Connection, signed_out: set[str]) -> None:
        """signed_out: gets the ids of users whose sessions are ended here."""
        super().__init__(connection)
        self._signed_out = signed_out

    def live(self, id_hash: str, now: datetime) -> tuple[Session, User] | None:
        c, users = self._table.c, table(models.UserRow)
        query = self._select_with_user().join(users, users.c.id == c.user_id)
        live = (c.id_hash == id_hash, c.expires_at > now, c.revoked_at.is_(None), users.c.is_active)
        row = self._connection.execute(
            query.where(*live, users.c.token_version == c.token_version)
        ).one_or_none()
        if row is None:
            return None
        session, user = self._with_user(row)
        assert user is not None
        return session, user

    def add(self, session: Session) -> None:
        self._insert([session])

    def choose(self, id_hash: str, tenant_id: str) -> None:
        self._update(self._table.c.id_hash == id_hash, values={"tenant_id": tenant_id})

    def revoke(self, id_hash: str, at: datetime) -> None:
        where = (self._table.c.id_hash == id_hash, self._table.c.revoked_at.is_(None))
        self._signed_out.update(
            self._connection.execute(select(self._table.c.user_id).where(*where)).scalars()
        )
        self._update(*where, values={"revoked_at": at})

    def end(self, at: datetime, limit: int) -> int:
        c = self._table.c
        live = select(c.id_hash).where(c.revoked_at.is_(None), c.expires_at > at).limit(limit)
        return self._update(c.id_hash.in_(live), values={"revoked_at": at})

    def of_user(self, user: User, now: datetime) -> list[Session]:
        c = self._table.c
        live = (
            c.user_id == user.id,
            c.expires_at > now,
            c.revoked_at.is_(None),
            c.token_version == user.token_version,
        )
        return self._all(
            self._select()
            .where(*live)
            .order_by(func.coalesce(c.last_used_at, c.created_at).desc(), c.id_hash)
        )

    def keep(self, id_hash: str, user_id: str, token_version: int) -> None:
        c = self._table.c
        self._update(
            c.id_hash == id_hash, c.user_id == user_id, values={"token_version": token_version}
        )

    def used(self, id_hash: str, at: datetime, expires_at: datetime) -> None:
        live = (self._table.c.id_hash == id_hash, self._table.c.expires_at > at)
        self._update(*live, values={"last_used_at": at, "expires_at": expires_at})

    def any_expired(self, now: datetime) -> bool:
        query = select(self._table.c.id_hash).where(*self._over(now)).limit(1)
        return self._connection.execute(query).first() is not None

    def expire(self, now: datetime, limit: int) -> list[tuple[Session, User | None]]:
        c, users = self._table.c, table(models.UserRow)
        over = self._over(now)
        live = and_(
            users.c.id == c.user_id, users.c.is_active, users.c.token_version == c.token_version
        )
        query = (
            self._select_with_user()
            .outerjoin(users, live)
            .where(*over)
            .order_by(c.expires_at, c.id_hash)
            .limit(limit)
        )
        expired = [self._with_user(row) for row in self._connection.execute(query)]
        # Another server may do the same: only one of them ends each session
        return [
            (session, user)
            for session, user in expired
            if self._update(
                c.id_hash == session.id_hash, *over, values={"revoked_at": session.expires_at}
            )
            == 1
        ]

    def _over(self, now: datetime) -> tuple[Any, ...]:
        """Expired, and not ended yet."""
        return (self._table.c.expires_at <= now, self._table.c.revoked_at.is_(None))

    def _select_with_user(self) -> Any:
        users = table(models.UserRow)
        of_user = [users.c[f.name].label(f"user_{f.name}") for f in fields(User)]
        return select(*self._columns, *of_user).select_from(self._table)

    def _with_user(self, row: Any) -> tuple[Session, User | None]:
        values = row[len(self._columns) :]
        return Session(*row[: len(self._columns)]), None if values[0] is None else User(*values)

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.id_hash, expired_before, limit)


class CodeRepository(Repository[Code]):
    model, record = models.CodeRow, Code

    def add(self, code: Code) -> None:
        self._insert([code])

    def find(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        c = self._table.c
        return self._one(
            c.code_hash == code_hash,
            c.purpose == purpose,
            c.holder_hash == holder_hash,
            c.expires_at > now,
        )

    def take(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        c = self._table.c
        code = self.find(code_hash, purpose, holder_hash, now)
        if code is None:
            return None
        # Of two callers that found it, only one removes it
        removal = delete(self._table).where(c.code_hash == code_hash)
        return code if self._connection.execute(removal).rowcount == 1 else None

    def of_holder(self, purpose: str, holder_hash: str, now: datetime) -> list[Code]:
        c = self._table.c
        query = self._select().where(
            c.purpose == purpose, c.holder_hash == holder_hash, c.expires_at > now
        )
        return self._all(query)

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.code_hash, expired_before, limit)
