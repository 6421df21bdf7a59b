"""Requests that may be repeated."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class StoredAnswer:
    """headers: pairs of a name and a value. body: encrypted; None: it is too large to keep. size:
    of the body as it is stored, in bytes."""

    status: int
    headers: list[list[str]]
    body: str | None = field(repr=False)
    size: int


@dataclass(frozen=True)
class IdempotencyKey:
    """key_hash: of the caller and their key. locked_until: when a request without an answer has
    been given up. status, headers, body, size: as of StoredAnswer; None: there is no answer
    yet."""

    key_hash: str
    user_id: str
    request_hash: str
    locked_until: datetime
    expires_at: datetime
    status: int | None = None
    headers: list[list[str]] | None = None
    body: str | None = field(default=None, repr=False)
    size: int | None = None


@dataclass(frozen=True)
class KeptRequests:
    """Of an account. size: of their answers, in bytes. until: when the first of them expires; None:
    there are none."""

    count: int
    size: int
    until: datetime | None
