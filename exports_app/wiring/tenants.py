"""Tenants: settings, members, invitations, quotas."""

from dataclasses import dataclass

from exports_app.services.tenants.invitations import Invitations
from exports_app.services.tenants.members import Members
from exports_app.services.tenants.quotas import QuotaLimits, Quotas
from exports_app.services.tenants.tenant_settings import Tenants
from exports_app.settings import Settings
from exports_app.wiring.foundation import Foundation
from exports_app.wiring.identity import IdentityServices


@dataclass(frozen=True)
class TenantServices:
    tenants: Tenants
    members: Members
    invitations: Invitations
    quotas: Quotas


def build(f: Foundation, identity: IdentityServices) -> TenantServices:
    return TenantServices(
        tenants=Tenants(f.store, f.changes, f.clock),
        members=Members(f.store, f.changes, f.clock),
        invitations=Invitations(
            f.store,
            f.changes,
            f.clock,
            identity.account_links,
            identity.account_messages,
            f.counts,
            identity.auth,
        ),
        quotas=Quotas(f.store, f.changes, f.clock, _limits(f.settings)),
    )


def _limits(s: Settings) -> QuotaLimits:
    """Of each tenant that has no quotas of its own."""
    return QuotaLimits(
        schedules=s.quota_schedules,
        pending_runs=s.quota_pending_runs,
        messages_per_day=s.quota_messages_per_day,
        file_bytes=s.quota_file_bytes,
    )
