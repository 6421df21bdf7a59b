"""Password hashes: bcrypt over base64(SHA-256(password)), because bcrypt itself takes no more than 72 bytes."""

import base64
import hashlib
from functools import cache

import bcrypt

COST = 12
MIN_LENGTH = 10
MAX_LENGTH = 1000


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def hash_password(password: str) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


@cache
def _dummy() -> str:
    return hash_password("nobody's password")


def matches(password: str, hashed: str | None) -> bool:
    """Whether the password is right. hashed None (an unknown user) takes as long, and is never right."""
    right = bcrypt.checkpw(_digest(password), (hashed or _dummy()).encode())
    return right and hashed is not None
