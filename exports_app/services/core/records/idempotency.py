"""Requests that may be repeated."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class KeptAnswer:
    """headers: pairs of a name and a value. body: UTF-8."""

    status: int
    headers: list[list[str]]
    body: str = field(repr=False)


@dataclass(frozen=True)
class IdempotencyKey:
    """key_hash: of the caller and their key. locked_until: when a request without an answer has
    been given up. status, headers, body: of the answer; None: there is none yet."""

    key_hash: str
    user_id: str
    request_hash: str
    locked_until: datetime
    expires_at: datetime
    status: int | None = None
    headers: list[list[str]] | None = None
    body: str | None = field(default=None, repr=False)

    @property
    def answer(self) -> KeptAnswer | None:
        if self.status is None:
            return None
        return KeptAnswer(self.status, self.headers or [], self.body or "")
