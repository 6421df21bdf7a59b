"""Requests that callers may repeat without their being carried out twice (Idempotency-Key,
draft-ietf-httpapi-idempotency-key-header).

A request is written down before it is carried out, in a transaction of its own, and its answer
afterwards in another. Where a process dies in between, nobody knows whether the request was carried
out: it is not done again, and the caller is told to look.
"""

import hashlib
from datetime import timedelta

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    IdempotencyOutcomeUnknown,
)
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import IdempotencyKey, KeptAnswer

KEPT = timedelta(hours=24)
LOCKED = timedelta(minutes=5)
"""After which a request without an answer is given up: longer than any takes."""


class Idempotency:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, who: Principal, key: str, request: bytes) -> str | KeptAnswer:
        """The answer where the request was carried out already; else it is to be carried out now,
        and `finish` or `release` to be called with the text that this returns. request: what must
        be the same when it is repeated. Raises IdempotencyInProgress, IdempotencyKeyReused,
        IdempotencyOutcomeUnknown, Unavailable."""
        now = self._clock()
        # Not shared by a person and their keys: each has rights of its own
        caller = who.key.id if who.key else who.user_id
        key_hash = _hash(f"{caller}\n{key}".encode())
        new = IdempotencyKey(key_hash, who.user_id, _hash(request), now + LOCKED, now + KEPT)
        with self._store.write() as tx:
            if tx.idempotency_keys.add(new):
                return key_hash
            known = tx.idempotency_keys.get(key_hash)
            if known is None or known.expires_at <= now:
                tx.idempotency_keys.remove(key_hash)
                if tx.idempotency_keys.add(new):
                    return key_hash
                raise IdempotencyInProgress
        if known.request_hash != new.request_hash:
            raise IdempotencyKeyReused
        if known.answer is not None:
            return known.answer
        raise IdempotencyInProgress if now < known.locked_until else IdempotencyOutcomeUnknown

    def finish(self, key_hash: str, answer: KeptAnswer) -> None:
        """Raises Unavailable."""
        with self._store.write() as tx:
            tx.idempotency_keys.finish(key_hash, answer)

    def release(self, key_hash: str) -> None:
        """Nothing was done: the key can be used again. Raises Unavailable."""
        with self._store.write() as tx:
            tx.idempotency_keys.remove(key_hash)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
