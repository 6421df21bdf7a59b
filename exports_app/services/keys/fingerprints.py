"""Fingerprints of keys: they tell two keys apart, and nothing else about them.

Whoever reads the database must not find a weak key by trying many. So a fingerprint is scrypt
(RFC 7914) of a derived key: one try takes some 50 ms and 16 MB, and the random salt makes tries
worthless for any other installation.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

COST = {"n": 2**14, "r": 8, "p": 1}
BYTES = 16


@lru_cache(16)
def fingerprint(key: bytes, salt: str) -> str:
    """32 hexadecimal digits. key: derived for FINGERPRINTS."""
    return hashlib.scrypt(key, salt=salt.encode(), dklen=BYTES, **COST).hex()


def is_among(noted: str, keys: Sequence[bytes], salt: str) -> bool:
    """Whether it is the fingerprint of one of the keys."""
    return any(fingerprint(key, salt) == noted for key in keys)
