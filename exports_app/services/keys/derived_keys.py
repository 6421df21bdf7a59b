"""Keys for single purposes, derived from SECRET_KEY: what is signed for one purpose is worthless
for another."""

import hmac
from collections.abc import Callable, Sequence

ACCESS_TOKENS = "access tokens"
DOWNLOAD_LINKS = "download links"
COOKIES = "cookies"
ACCOUNT_LINKS = "account links"
"""Invitations and password resets."""
AUDIT_SEALS = "audit seals"


class Keys:
    """secrets: the current one first, then older ones whose signatures still count; or a function
    that reads them, because they may be rotated while a server runs. So keep a `Keys`, and ask it
    for a key each time one is needed."""

    def __init__(self, secrets: Sequence[bytes] | Callable[[], Sequence[bytes]]) -> None:
        fixed = None if callable(secrets) else tuple(secrets)
        self._read: Callable[[], Sequence[bytes]] = (
            secrets if callable(secrets) else lambda: fixed or ()
        )
        if not self._read():
            raise ValueError("give at least one secret")

    def current(self, purpose: str) -> bytes:
        """The key to sign with: 64 bytes."""
        return derived(self._read()[0], purpose)

    def accepted(self, purpose: str) -> list[bytes]:
        """The keys whose signatures count, the current one first."""
        return [derived(secret, purpose) for secret in self._read()]


def derived(secret: bytes, purpose: str) -> bytes:
    """64 bytes, from which nobody learns the secret or a key for another purpose."""
    return hmac.digest(secret, purpose.encode(), "sha512")


def key_id(key: bytes) -> str:
    """What names a derived key in the open, as `kid` of a token does: 16 characters."""
    return hmac.digest(key, b"key id", "sha256").hex()[:16]
