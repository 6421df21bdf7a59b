"""The store of API keys."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.interfaces.feeds import Uses
from exports_app.services.core.records import ApiKey, Page


class ApiKeyStore(Uses, Protocol):
    def get(self, key_id: str) -> ApiKey | None: ...
    def by_hash(self, key_hash: str) -> ApiKey | None: ...
    def find(self, user_id: str, page: Page) -> tuple[list[ApiKey], int]:
        """The newest first, also those that have ended, and the number of all."""

    def live(self, user_id: str, now: datetime) -> int:
        """How many of them can be used."""

    def unrevoked(self, user_id: str) -> int:
        """How many of them nobody has revoked, also those that have expired."""

    def add(self, key: ApiKey) -> None: ...
    def rename(self, key_id: str, name: str) -> None: ...
    def revoke(self, key_id: str, at: datetime) -> bool:
        """False where it was revoked already."""

    def revoke_all(self, user_id: str, at: datetime, created_by: str | None = None) -> list[ApiKey]:
        """created_by: only those that this person created. Returns those that were not revoked
        before."""

    def expiring(self, after: datetime, until: datetime, limit: int) -> list[ApiKey]:
        """Those that expire then, of which `expiry_mailed` does not know yet, the first ones."""

    def expiry_mailed(self, key_id: str, at: datetime) -> bool:
        """Note that it was dealt with. False where it was already."""

    def forget_ended(self, user_id: str, now: datetime, keep: int) -> None:
        """Remove those that have ended, except the newest `keep` of them."""
