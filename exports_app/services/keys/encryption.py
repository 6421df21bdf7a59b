"""Encryption of secrets in the database, so that a copy of the database alone cannot be read."""

import base64
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from exports_app.services.keys.derived_keys import derived

PURPOSE = "secrets at rest"


class Unreadable(Exception):
    """None of the keys decrypts it."""


class Encryption:
    """secrets: a function that returns the secret to encrypt with, then older ones, which only
    decrypt."""

    def __init__(self, secrets: Callable[[], Sequence[bytes]]) -> None:
        self._secrets = secrets

    def encrypt(self, text: str) -> str:
        return self._fernets()[0].encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises Unreadable."""
        try:
            return MultiFernet(self._fernets()).decrypt(encrypted).decode()
        except InvalidToken:
            raise Unreadable from None

    def is_current(self, encrypted: str) -> bool:
        """Whether the newest key encrypted it."""
        try:
            self._fernets()[0].decrypt(encrypted)
        except InvalidToken:
            return False
        return True

    def renew(self, encrypted: str) -> str:
        """The same text under the newest key. Raises Unreadable."""
        try:
            return MultiFernet(self._fernets()).rotate(encrypted).decode()
        except InvalidToken:
            raise Unreadable from None

    def _fernets(self) -> list[Fernet]:
        return [
            Fernet(base64.urlsafe_b64encode(derived(secret, PURPOSE)[:32]))
            for secret in self._secrets()
        ]
