"""Browsers' sessions and one-time codes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Session:
    """A browser's session."""

    id_hash: str = field(repr=False)
    user_id: str
    token_version: int
    """The user's when it began: it ends with the next one."""
    created_at: datetime
    expires_at: datetime
    tenant_id: str | None = None
    """The tenant chosen last."""
    revoked_at: datetime | None = None
    device: str | None = None
    """What the browser called itself."""
    last_used_at: datetime | None = None
    """Not to the minute: see `Sessions.visit`."""


@dataclass(frozen=True)
class Code:
    """Good once, for its purpose, and for its holder alone: a browser or a session."""

    code_hash: str = field(repr=False)
    purpose: str
    holder_hash: str = field(repr=False)
    user_id: str
    content: dict[str, Any]
    expires_at: datetime
