"""Stores of tenants and invitations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.records import Invitation, Tenant

Tenants = frozenset[str] | None
"""The ids of some tenants; None: all tenants."""


class TenantStore(Protocol):
    def get(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        """lock: until the transaction ends, here and below."""

    def by_slug(self, slug: str) -> Tenant | None: ...
    def within(self, limit: Tenants) -> list[Tenant]: ...
    def update(self, tenant_id: str, values: Mapping[str, Any]) -> None: ...
    def add(self, tenant: Tenant) -> None: ...


class InvitationStore(Protocol):
    def get(self, invitation_id: str, *, lock: bool = False) -> Invitation | None: ...
    def open_in(self, tenant_id: str) -> list[Invitation]:
        """Those that were neither accepted nor revoked, the newest first."""

    def open_for(self, tenant_id: str, email: str) -> Invitation | None: ...
    def open_from(self, user_id: str) -> list[Invitation]: ...
    def add(self, invitation: Invitation) -> None: ...
    def update(self, invitation_id: str, values: Mapping[str, Any]) -> None: ...
    def revoke(self, invitation_id: str, at: datetime) -> bool:
        """False where it is no longer open."""

    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove up to `limit` invitations that expired before the instant.
        Returns their number."""
