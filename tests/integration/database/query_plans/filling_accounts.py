"""Tenants, users, what belongs to them, and the audit."""

from sqlalchemy import text

from exports_app.db import models
from exports_app.services.core.records import new_id
from tests.integration.database.query_plans.copies import BIG, SMALL, Copies


class Accounts(Copies):
    def fill(self) -> list[str]:
        """The ids of the users."""
        self._copies(
            models.TenantRow, SMALL, lambda i: {"id": self._tenants[i], "slug": f"small-{i}"}
        )
        users = self._users()
        self._accounts(users)
        self._audit()
        return users

    def _users(self) -> list[str]:
        ids = [new_id() for _ in range(BIG)]
        self._copies(
            models.UserRow,
            BIG,
            lambda i: {"id": ids[i], "email": f"person{i}@example.com", "name": f"Person {i}"},
        )
        members = (
            {"user_id": user, "tenant_id": self._tenant_of(i * 2), "role": "viewer"}
            for i, user in enumerate(ids)
        )
        self._rows(models.MembershipRow, members)
        return ids

    def _accounts(self, users: list[str]) -> None:
        now = self._filled.now
        self._rows(
            models.SessionRow,
            (
                {
                    "id_hash": new_id(),
                    "user_id": users[i % 1000],
                    "token_version": 0,
                    "tenant_id": None,
                    "created_at": self._ago(i),
                    "expires_at": self._ago(i - 1000),
                    "revoked_at": self._ago(i) if i > 1010 else None,
                    "device": None,
                    "last_used_at": self._ago(i),
                }
                for i in range(BIG)
            ),
        )
        self._rows(
            models.CodeRow,
            (
                {
                    "code_hash": new_id(),
                    "purpose": "login",
                    "holder_hash": new_id(),
                    "user_id": users[i % 1000],
                    "content": {},
                    "expires_at": self._ago(i - 1000),
                }
                for i in range(BIG)
            ),
        )
        self._rows(
            models.PasswordResetRow,
            (
                {
                    "id": new_id(),
                    "user_id": user,
                    "token_version": 0,
                    "created_at": now,
                    "expires_at": now,
                    "sent_by": None,
                }
                for user in users
            ),
        )
        self._rows(
            models.ApiKeyRow,
            (
                {
                    "id": new_id(),
                    "user_id": user,
                    "name": "Nightly",
                    "prefix": "exa_0000",
                    "key_hash": new_id(),
                    "scopes": [],
                    "created_at": self._ago(i),
                    "created_by": user,
                    "revoked_at": self._ago(i) if i % 2 else None,
                }
                for user in users
                for i in range(2)
            ),
        )
        self._rows(
            models.FeedRow,
            (
                {
                    "id": new_id(),
                    "user_id": user,
                    "tenant_id": user,
                    "name": "Mine",
                    "prefix": "exf_0000",
                    "token_hash": new_id(),
                    "created_at": now,
                }
                for user in users
            ),
        )
        self._rows(
            models.IdempotencyKeyRow,
            (
                {
                    "key_hash": new_id(),
                    "user_id": users[i % 1000],
                    "request_hash": "r",
                    "locked_until": now,
                    "expires_at": self._ago(i - 1000),
                    "status": 202,
                    "headers": [],
                    "body": "{}",
                    "size": 2,
                }
                for i in range(BIG)
            ),
        )
        self._rows(
            models.SecondFactorRow,
            (
                {
                    "user_id": user,
                    "secret": "s",
                    "created_at": now,
                    "last_step": None,
                    "is_confirmed": True,
                }
                for user in users
            ),
        )
        self._rows(
            models.RecoveryCodeRow,
            ({"user_id": user, "code_hash": code} for user in users for code in ("a", "b")),
        )
        self._rows(
            models.InvitationRow,
            (
                {
                    "id": new_id(),
                    "tenant_id": self._tenant_of(i * 2),
                    "email": f"new{i}@example.com",
                    "role": "viewer",
                    "invited_by": users[i % 300],
                    "created_at": self._ago(i),
                    "expires_at": self._ago(i - 100),
                    "mailed": True,
                    "generation": 1,
                    "accepted_at": self._ago(i) if i % 100 else None,
                    "revoked_at": None,
                }
                for i in range(BIG)
            ),
        )

    def _audit(self) -> None:
        actions = ("schedule.updated", "member.joined", "run.triggered", "account.signed_in")
        ids = [new_id() for _ in range(BIG + SMALL * SMALL)]
        self._copies(
            models.AuditRow,
            len(ids),
            lambda i: {
                "id": ids[i],
                "tenant_id": None if i % 10 == 0 else self._tenant_of(i),
                "at": self._ago(i),
                "action": actions[i % 4],
                "subject_name": f"Export {i % 700}",
                "address": f"192.0.2.{i % 250}",
                "session": new_id(),
                "request_id": new_id(),
            },
        )
        self._connection.execute(text("DELETE FROM audit_unsealed"))
        self._rows(
            models.LinkRow,
            (
                {
                    "chain": self._filled.tenant,
                    "position": 1000 + i,
                    "entry_id": entry,
                    "hash": "h",
                }
                for i, entry in enumerate(ids)
            ),
        )
        self._copies(
            models.SealRow,
            BIG,
            lambda i: {"number": 1000 + i, "chain": self._filled.tenant, "position": 1000 + i},
        )
