"""Keys derived from SECRET_KEY, one for each purpose: a signature for one purpose is not valid for
another."""

import hmac
from collections.abc import Callable, Sequence

ACCESS_TOKENS = "access tokens"
DOWNLOAD_LINKS = "download links"
COOKIES = "cookies"
ACCOUNT_LINKS = "account links"
"""Invitations and password resets."""
AUDIT_SEALS = "audit seals"
CURSORS = "cursors"
"""Of the API's lists."""
FINGERPRINTS = "fingerprints"


class Keys:
    """secrets: the current one, then older ones whose signatures are still accepted; or a function
    that reads them, because they may be rotated while a server runs. So keep a `Keys`, and get a
    key each time one is needed."""

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
        """The keys whose signatures are accepted, the current one first."""
        return [derived(secret, purpose) for secret in self._read()]


def derived(secret: bytes, purpose: str) -> bytes:
    """64 bytes, which reveal neither the secret nor a key for another purpose."""
    return hmac.digest(secret, purpose.encode(), "sha512")


def key_id(key: bytes) -> str:
    """A public id of a derived key, e.g. for `kid` of a token: 16 characters."""
    return hmac.digest(key, b"key id", "sha256").hex()[:16]
