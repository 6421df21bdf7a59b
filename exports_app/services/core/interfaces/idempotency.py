"""The store of requests that may be repeated."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import IdempotencyKey, KeptRequests, StoredAnswer


class IdempotencyKeyStore(Protocol):
    def get(self, key_hash: str) -> IdempotencyKey | None: ...
    def add(self, key: IdempotencyKey) -> bool:
        """False where there is one with this hash: that one stays."""

    def kept(self, user_id: str, now: datetime) -> KeptRequests:
        """Those of the account that have not expired."""

    def finish(self, key_hash: str, answer: StoredAnswer) -> None: ...
    def remove(self, key_hash: str) -> None: ...
    def bodies(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Hashes of keys and encrypted bodies, sorted by hash, of hashes greater than `after`."""

    def replace_body(self, key_hash: str, old: str, new: str) -> bool:
        """False where it is no longer the old one."""

    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove at most `limit`. Returns their number."""
