"""Requests that callers may repeat without their being carried out twice (Idempotency-Key,
draft-ietf-httpapi-idempotency-key-header).

A request is written down before it is carried out, in a transaction of its own, and its answer
afterwards in another. Where a process dies in between, nobody knows whether the request was carried
out: it is not done again, and the caller is told to look.

Answers may hold secrets, which are shown once: their bodies are encrypted, as other secrets are.
Nothing is forgotten before its time, since it would be carried out again; who has reached the limit
sends new requests without a key.
"""

import hashlib
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    IdempotencyAnswerNotKept,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    IdempotencyOutcomeUnknown,
    TooManyIdempotencyKeys,
)
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import IdempotencyKey, StoredAnswer
from exports_app.services.keys.encryption import Encryption, Unreadable

KEPT = timedelta(hours=24)
LOCKED = timedelta(minutes=5)
"""After which a request without an answer is given up: longer than any takes."""


@dataclass(frozen=True)
class KeptAnswer:
    """headers: pairs of a name and a value."""

    status: int
    headers: list[list[str]]
    body: bytes = field(repr=False)


class Idempotency:
    def __init__(self, store: Store, clock: Clock, encryption: Encryption) -> None:
        self._store = store
        self._clock = clock
        self._encryption = encryption

    def begin(self, who: Principal, key: str, request: bytes) -> str | KeptAnswer:
        """The answer where the request was carried out already; else it is to be carried out now,
        and `finish` or `release` to be called with the text that this returns. request: what must
        be the same when it is repeated. Raises IdempotencyInProgress, IdempotencyKeyReused,
        IdempotencyOutcomeUnknown, IdempotencyAnswerNotKept, TooManyIdempotencyKeys, Unavailable."""
        now = self._clock()
        # Not shared by a person and their keys: each has rights of its own
        caller = who.key.id if who.key else who.user_id
        key_hash = _hash(f"{caller}\n{key}".encode())
        new = IdempotencyKey(key_hash, who.user_id, _hash(request), now + LOCKED, now + KEPT)
        with self._store.write() as tx:
            if _added(tx, new, now):
                return key_hash
            known = tx.idempotency_keys.get(key_hash)
            if known is None or known.expires_at <= now:
                tx.idempotency_keys.remove(key_hash)
                if _added(tx, new, now):
                    return key_hash
                raise IdempotencyInProgress
        if known.request_hash != new.request_hash:
            raise IdempotencyKeyReused
        if known.status is not None:
            return KeptAnswer(known.status, known.headers or [], self._body(known))
        raise IdempotencyInProgress if now < known.locked_until else IdempotencyOutcomeUnknown

    def finish(self, key_hash: str, answer: KeptAnswer) -> None:
        """Raises Unavailable."""
        is_kept = len(answer.body) <= bounds.KEPT_ANSWER
        body = self._encryption.encrypt(answer.body.decode()) if is_kept else None
        stored = StoredAnswer(answer.status, answer.headers, body, len(body or ""))
        with self._store.write() as tx:
            tx.idempotency_keys.finish(key_hash, stored)

    def _body(self, known: IdempotencyKey) -> bytes:
        """Raises IdempotencyAnswerNotKept."""
        if known.body is None:
            raise IdempotencyAnswerNotKept
        if known.size is None:  # kept before the upgrade to migration 0062, as it was
            return known.body.encode()
        try:
            return self._encryption.decrypt(known.body).encode()
        except Unreadable:
            raise IdempotencyAnswerNotKept from None

    def release(self, key_hash: str) -> None:
        """Nothing was done: the key can be used again. Raises Unavailable."""
        with self._store.write() as tx:
            tx.idempotency_keys.remove(key_hash)


def _added(tx: Transaction, new: IdempotencyKey, now: datetime) -> bool:
    """Raises TooManyIdempotencyKeys, which undoes it."""
    if not tx.idempotency_keys.add(new):
        return False
    kept = tx.idempotency_keys.kept(new.user_id, now)
    if kept.count > bounds.KEPT_REQUESTS or kept.size >= bounds.KEPT_ANSWERS:
        until = kept.until or new.expires_at
        raise TooManyIdempotencyKeys(max(1, math.ceil((until - now).total_seconds())))
    return True


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
