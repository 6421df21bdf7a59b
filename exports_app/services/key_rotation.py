"""After a rotation of keys: encrypts and signs with the newest key what the database has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exports_app.services.audit import audit_log
from exports_app.services.audit.seals import Seals
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action
from exports_app.services.keys.encryption import Encryption, Unreadable

BATCH = 20
"""Rows of one transaction: an answer that is kept may have a megabyte."""
Secrets = tuple[Any, ...]
"""What is encrypted in a row: texts, or None."""
Rows = Callable[[Transaction, str], Sequence[tuple[Any, ...]]]
"""The next rows after an id: the id and its secrets."""
Replace = Callable[[Transaction, str, Secrets, Secrets], bool]
"""The old secrets of an id by new ones, unless they were changed meanwhile."""
KINDS: tuple[tuple[Rows, Replace], ...] = (
    (
        lambda tx, after: tx.second_factors.secrets(after, BATCH),
        lambda tx, of, old, new: tx.second_factors.replace_secret(of, *old, *new),
    ),
    (
        lambda tx, after: tx.webhooks.secrets(after, BATCH),
        lambda tx, of, old, new: tx.webhooks.replace_secrets(
            of, (old[0], old[1]), (new[0], new[1])
        ),
    ),
    (
        lambda tx, after: tx.destinations.secrets(after, BATCH),
        lambda tx, of, old, new: tx.destinations.replace_secrets(of, *old, *new),
    ),
)
ANSWERS: tuple[Rows, Replace] = (
    lambda tx, after: tx.idempotency_keys.bodies(after, BATCH),
    lambda tx, of, old, new: tx.idempotency_keys.replace_body(of, *old, *new),
)
"""Answers for repeated requests, which last a day."""


@dataclass(frozen=True)
class Renewed:
    """renewed: secrets that were encrypted again. unreadable: secrets that no key decrypts, without
    the answers for repeated requests, which last a day. checkpoints: of the audit, signed again."""

    renewed: int
    unreadable: int
    checkpoints: int


class KeyRotation:
    """For the command line only. It can be stopped and repeated at any time, also while servers
    run."""

    def __init__(self, store: Store, clock: Clock, encryption: Encryption, seals: Seals) -> None:
        self._store = store
        self._clock = clock
        self._encryption = encryption
        self._seals = seals

    def renew(self, what: str) -> Renewed:
        """Encrypt and sign again what depends on an earlier key, with an audit entry of the
        installation. what: the entry's subject. Raises ExportsError, see `Seals.sign_again`;
        Unavailable."""
        checkpoints = self._seals.sign_again()
        renewed = unreadable = 0
        for rows, replace in KINDS:
            new, lost = self._encrypt_again(rows, replace)
            renewed, unreadable = renewed + new, unreadable + lost
        renewed += self._encrypt_again(*ANSWERS)[0]
        with self._store.write() as tx:
            audit_log.note(
                *(tx, audit_log.COMMAND_LINE, Action.KEYS_ROTATED, self._clock()),
                tenant_id=None,
                subject_id=None,
                subject_name=what,
                secrets_encrypted_again=renewed,
                secrets_unreadable=unreadable,
            )
        return Renewed(renewed, unreadable, checkpoints)

    def _encrypt_again(self, rows: Rows, replace: Replace) -> tuple[int, int]:
        """How many rows were, and how many no key decrypts."""
        renewed = unreadable = 0
        after = ""
        while True:
            with self._store.write() as tx:
                batch = rows(tx, after)
                for after, *secrets in batch:
                    old = tuple(secrets)
                    try:
                        new = tuple(map(self._renewed, old))
                    except Unreadable:
                        unreadable += 1
                        continue
                    if new != old:
                        renewed += replace(tx, after, old, new)
            if len(batch) < BATCH:
                return renewed, unreadable

    def _renewed(self, secret: str | None) -> str | None:
        """Under the newest key. Raises Unreadable."""
        if secret is None or self._encryption.is_current(secret):
            return secret
        return self._encryption.renew(secret)
