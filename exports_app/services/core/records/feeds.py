"""Feeds that calendars and feed readers read."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Feed:
    """user_id: a person, with whose rights it is read. schedule_id: the only scheduled export in
    it; None: all of the tenant. prefix: the first characters of its token."""

    id: str
    user_id: str
    tenant_id: str
    schedule_id: str | None
    name: str
    prefix: str
    token_hash: str = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None = None
    """Accurate to a minute."""
    last_used_address: str | None = None
