"""Stores of browsers' sessions and one-time codes."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import Code, Session, User


class SessionStore(Protocol):
    def live(self, id_hash: str, now: datetime) -> tuple[Session, User] | None:
        """The session and its user; None where it expired or was revoked, its token version is old,
        or its user is inactive."""

    def add(self, session: Session) -> None: ...
    def choose(self, id_hash: str, tenant_id: str) -> None: ...
    def revoke(self, id_hash: str, at: datetime) -> None:
        """Does nothing where it is revoked already or does not exist."""

    def end(self, at: datetime, limit: int) -> int:
        """Revoke up to `limit` sessions that have not ended. Returns how many."""

    def of_user(self, user: User, now: datetime) -> list[Session]:
        """Sessions that have not ended, the last used first."""

    def keep(self, id_hash: str, user_id: str, token_version: int) -> None:
        """Keep the user's session under a new token version."""

    def used(self, id_hash: str, at: datetime, expires_at: datetime) -> None:
        """Note the last use and the new end. Does nothing for an ended session."""

    def any_expired(self, now: datetime) -> bool:
        """Whether `expire` would end one."""

    def expire(self, now: datetime, limit: int) -> list[tuple[Session, User | None]]:
        """Mark up to `limit` expired sessions as ended, and return them with their users. None: the
        session had ended before, by a new password, a sign-out everywhere or a deactivation."""

    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove up to `limit` rows that expired before the instant. Returns their number."""


class CodeStore(Protocol):
    def add(self, code: Code) -> None: ...
    def find(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """Without removing it."""

    def take(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """Remove and return the code; only one caller gets it. None for another holder or purpose,
        and then nothing is removed."""

    def of_holder(self, purpose: str, holder_hash: str, now: datetime) -> list[Code]:
        """Those that are still valid."""

    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove up to `limit` rows that expired before the instant. Returns their number."""
