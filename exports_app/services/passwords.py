"""Password hashes: bcrypt over base64(SHA-256(password)), because bcrypt itself takes no more than 72 bytes."""

import base64
import hashlib
import secrets

import bcrypt

from exports_app.domain.errors import FieldError, Invalid

COST = 12
MIN_LENGTH = 10
MAX_LENGTH = 1000
ONE_TIME_BYTES = 12
DEMO_PASSWORD = "SuperAdmin123!"  # noqa: S105  (public: the demo's login; a server that is no demo refuses it)


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def hash_password(password: str) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


# A hash of random bytes that nobody kept, of the same cost: what an unknown user's password is compared with
_NOBODY = "$2b$12$i57BjwVXVlF.NcnaVpKclO8AmSGWf5zJszZ8uZspMi6ovaf3VSaFq"


def matches(password: str, hashed: str | None) -> bool:
    """Whether the password is right. hashed None (an unknown user) takes as long, and is never right."""
    right = bcrypt.checkpw(_digest(password), (hashed or _NOBODY).encode())
    return right and hashed is not None


def one_time() -> str:
    """For somebody who is handed it, and changes it at the first login."""
    return secrets.token_urlsafe(ONE_TIME_BYTES)


def check(password: str, pointer: str) -> None:
    """Raises Invalid for one that must not be chosen."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid([FieldError(pointer, f"use at least {MIN_LENGTH} characters")])
    if password == DEMO_PASSWORD:
        raise Invalid([FieldError(pointer, "this is the public password of the demo: choose another one")])
