"""Stores of browsers' sessions and one-time codes."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import Code, Session, User


class SessionStore(Protocol):
    def live(self, id_hash: str, now: datetime) -> tuple[Session, User] | None:
        """The session and its user, unless it is over: expired, revoked, of another token version
        or of an inactive user."""

    def add(self, session: Session) -> None: ...
    def choose(self, id_hash: str, tenant_id: str) -> None: ...
    def revoke(self, id_hash: str, at: datetime) -> None:
        """One that is revoked already, or not there, stays so."""

    def of_user(self, user: User, now: datetime) -> list[Session]:
        """Those that are not over, the one used last first."""

    def keep(self, id_hash: str, user_id: str, token_version: int) -> None:
        """Let the user's session go on under another token version."""

    def used(self, id_hash: str, at: datetime, expires_at: datetime) -> None:
        """Note its use, and when it ends now. One that is over already stays so."""

    def any_expired(self, now: datetime) -> bool:
        """Whether `expire` would end one."""

    def expire(self, now: datetime, limit: int) -> list[tuple[Session, User | None]]:
        """End so many of those that have expired, so that they are not returned again, with their
        users. None: it ended before that, with a new password, everywhere at once, or with its
        account."""

    def forget(self, expired_before: datetime, limit: int) -> None:
        """Remove so many of those that expired before the instant."""


class CodeStore(Protocol):
    def add(self, code: Code) -> None: ...
    def find(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """It stays."""

    def take(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """Find the code and remove it; only one caller gets it. None, with nothing removed, for
        another holder or purpose."""

    def forget(self, expired_before: datetime, limit: int) -> None:
        """Remove so many of those that expired before the instant."""
