"""After a rotation of keys: encrypts and signs with the newest key what the database has."""

from collections.abc import Callable
from dataclasses import dataclass

from exports_app.services.audit import audit_log
from exports_app.services.audit.seals import Seals
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action
from exports_app.services.keys.encryption import Encryption, Unreadable

BATCH = 20
"""Rows of one transaction: an answer that is kept may have a megabyte."""
Row = tuple[str, str]
"""An id, and what is encrypted."""


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
        factors, unreadable = self._encrypt_again(
            lambda tx, after: tx.second_factors.secrets(after, BATCH),
            lambda tx, *of: tx.second_factors.replace_secret(*of),
        )
        answers, _ = self._encrypt_again(
            lambda tx, after: tx.idempotency_keys.bodies(after, BATCH),
            lambda tx, *of: tx.idempotency_keys.replace_body(*of),
        )
        renewed = factors + answers
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

    def _encrypt_again(
        self,
        rows: Callable[[Transaction, str], list[Row]],
        replace: Callable[[Transaction, str, str, str], bool],
    ) -> tuple[int, int]:
        """How many secrets were, and how many no key decrypts. rows: those after an id. replace:
        the old by the new one of an id, unless it was changed meanwhile."""
        renewed = unreadable = 0
        after = ""
        while True:
            with self._store.write() as tx:
                batch = rows(tx, after)
                for after, secret in batch:
                    if self._encryption.is_current(secret):
                        continue
                    try:
                        renewed += replace(tx, after, secret, self._encryption.renew(secret))
                    except Unreadable:
                        unreadable += 1
            if len(batch) < BATCH:
                return renewed, unreadable
