"""The store of requests that may be repeated."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import IdempotencyKey, KeptAnswer


class IdempotencyKeyStore(Protocol):
    def get(self, key_hash: str) -> IdempotencyKey | None: ...
    def add(self, key: IdempotencyKey) -> bool:
        """False where there is one with this hash: that one stays."""

    def finish(self, key_hash: str, answer: KeptAnswer) -> None: ...
    def remove(self, key_hash: str) -> None: ...
    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove at most `limit`. Returns their number."""
