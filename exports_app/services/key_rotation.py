"""After a rotation of keys: what the database holds encrypted, under the newest one."""

from dataclasses import dataclass

from exports_app.services.encryption import Encryption, Unreadable
from exports_app.services.ports import Store

BATCH = 100
"""Rows of one transaction."""


@dataclass(frozen=True)
class Renewed:
    """How many secrets were encrypted anew, and how many no key decrypts."""

    renewed: int
    unreadable: int


class KeyRotation:
    """For the command line alone. It can be stopped and repeated at any point, beside running servers."""

    def __init__(self, store: Store, encryption: Encryption) -> None:
        self._store, self._encryption = store, encryption

    def renew(self) -> Renewed:
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
                        renewed += tx.second_factors.replace_secret(user_id, secret, self._encryption.renew(secret))
                    except Unreadable:
                        unreadable += 1
            if len(batch) < BATCH:
                return Renewed(renewed, unreadable)
