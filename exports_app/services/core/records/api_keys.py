"""API keys."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ApiKey:
    """user_id: whose rights it gives, at most: a person's, or those of a tenant's service account.
    scopes: of `Permission`. tenant_ids, schedule_ids: to what it is limited; None: to nothing.
    prefix: its first characters. created_by: a person."""

    id: str
    user_id: str
    name: str
    prefix: str
    key_hash: str = field(repr=False)
    scopes: list[str]
    tenant_ids: list[str] | None
    schedule_ids: list[str] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    """None: never."""
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """Accurate to a minute."""
    last_used_address: str | None = None
    expiry_mailed_at: datetime | None = None
    """When the email about its expiry was written, or was found not to be needed."""

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
