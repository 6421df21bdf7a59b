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
    """The user's at the sign-in; the session ends with the next version."""
    created_at: datetime
    expires_at: datetime
    tenant_id: str | None = None
    """The tenant chosen last."""
    revoked_at: datetime | None = None
    device: str | None = None
    """The User-Agent."""
    last_used_at: datetime | None = None
    """Accurate to a few minutes, see `Sessions.visit`."""


@dataclass(frozen=True)
class Code:
    """A one-time code for one purpose and one holder, a browser or a session."""

    code_hash: str = field(repr=False)
    purpose: str
    holder_hash: str = field(repr=False)
    user_id: str
    content: dict[str, Any]
    expires_at: datetime
