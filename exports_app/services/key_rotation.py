"""After a rotation of keys: encrypts and signs with the newest key what the database has."""

from dataclasses import dataclass

from exports_app.services.audit.seals import Seals
from exports_app.services.core.interfaces import Store
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

    def __init__(self, store: Store, encryption: Encryption, seals: Seals) -> None:
        self._store = store
        self._encryption = encryption
        self._seals = seals

    def renew(self) -> Renewed:
        """Encrypt and sign again what depends on an earlier key. Raises ExportsError, see
        `Seals.sign_again`; Unavailable."""
        checkpoints = self._seals.sign_again()
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
                return Renewed(renewed, unreadable, checkpoints)
