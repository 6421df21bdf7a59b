"""Keys for single purposes, derived from SECRET_KEY: what is signed for one purpose is worthless for another."""

import hmac
from collections.abc import Sequence

ACCESS_TOKENS = "access tokens"
DOWNLOAD_LINKS = "download links"
COOKIES = "cookies"
ACCOUNT_LINKS = "account links"
"""Invitations and password resets."""


class Keys:
    """secrets: the current one first, then older ones whose signatures still count."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("give at least one secret")
        self._secrets = tuple(secrets)

    def current(self, purpose: str) -> bytes:
        """The key to sign with: 64 bytes."""
        return _derived(self._secrets[0], purpose)

    def accepted(self, purpose: str) -> list[bytes]:
        """The keys whose signatures count, the current one first."""
        return [_derived(secret, purpose) for secret in self._secrets]


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), "sha512")
