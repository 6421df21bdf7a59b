"""Tenants, members and invitations."""

from dataclasses import dataclass
from datetime import datetime

from exports_app.domain.access import Role
from exports_app.services.core.records.accounts import User


@dataclass(frozen=True)
class Tenant:
    id: str
    name: str
    slug: str
    brand_color: str
    logo_url: str | None = None
    timezone: str | None = None
    max_rows: int | None = None
    """Of one file. None, here and below: the setting of the installation."""
    max_mb: int | None = None
    keep_days: int | None = None
    """How long files are kept."""
    keep_runs_days: int | None = None
    """How long the history is kept, see `services.runs.history_retention`."""
    recipient_domains: tuple[str, ...] = ()
    """Domains that files may be sent to, see `recipient_domains`; empty: all."""
    quota_pending_runs: int | None = None
    """See `services.tenants.quotas`, here and below."""
    quota_messages_per_day: int | None = None
    quota_file_bytes: int | None = None
    quota_schedules: int | None = None
    second_factor_required: bool = False
    """Whether members without a second factor have no rights in it."""


@dataclass(frozen=True)
class Member:
    """A user as a member of a tenant. schedules: the number that they own there."""

    user: User
    role: Role
    schedules: int


@dataclass(frozen=True)
class Membership:
    user_id: str
    tenant_id: str
    role: Role


@dataclass(frozen=True)
class Invitation:
    """An invitation of an email address to a tenant. It gives no rights before its link is used.

    invited_by: the user who sent the latest link. mailed: whether that link was mailed; else it was
    shown to the user. generation: of that link; older links no longer work.
    """

    id: str
    tenant_id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime
    mailed: bool
    generation: int = 1
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Neither accepted nor revoked; it may have expired."""
        return self.accepted_at is None and self.revoked_at is None
