"""After a rotation of keys: encrypts and signs with the newest key what the database has."""

from dataclasses import dataclass

from exports_app.services.audit import audit_log
from exports_app.services.audit.seals import Seals
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Action
from exports_app.services.keys.encryption import Encryption, Unreadable

BATCH = 100
"""Rows of one transaction."""


@dataclass(frozen=True)
class Renewed:
    """renewed: secrets that were encrypted again. unreadable: secrets that no key decrypts.
    checkpoints: of the audit, signed again."""

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
        renewed, unreadable = self._encrypt_again()
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

    def _encrypt_again(self) -> tuple[int, int]:
        """How many secrets were, and how many no key decrypts."""
        renewed = unreadable = 0
        after = ""
        while True:
            with self._store.write() as tx:
                batch = tx.second_factors.secrets(after, BATCH)
                for user_id, secret in batch:
                    after = user_id
                    if self._encryption.is_current(secret):
                        continue
                    try:
                        renewed += tx.second_factors.replace_secret(
                            user_id, secret, self._encryption.renew(secret)
                        )
                    except Unreadable:
                        unreadable += 1
            if len(batch) < BATCH:
                return renewed, unreadable
