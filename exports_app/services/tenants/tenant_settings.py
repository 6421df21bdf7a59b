"""A tenant's settings, for its admins."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import (
    NotFound,
    OwnSecondFactorFirst,
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.optimistic import rounds
from exports_app.services.core.records import Action, Tenant
from exports_app.services.tenants import recipient_domains
from exports_app.services.tenants.validation import check_tenant

SETTINGS = (
    *("name", "brand_color", "logo_url", "timezone"),
    *("keep_days", "keep_runs_days", "recipient_domains"),
)
"""The settings that admins may change. The slug is part of file names; super admins set limits."""


POLICIES = ("second_factor_required",)
"""The rules for members that admins may change."""
CHOSEN = SETTINGS + POLICIES


class Tenants:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def get(
        self, who: Principal, tenant_id: str, permission: Permission = Permission.READ
    ) -> Tenant:
        """Raises NotFound (also for another's tenant), then Forbidden."""
        with self._store.read() as tx:
            return tenant_of(tx, who, tenant_id, permission)

    def update(
        self,
        who: Principal,
        tenant_id: str,
        values: Mapping[str, Any],
        seen: Mapping[str, Any] | None = None,
    ) -> Tenant:
        """values: the fields of CHOSEN to change. seen: the values that the caller saw. Raises
        NotFound, Forbidden, Invalid; Conflict where the seen values have changed, where others
        keep changing them, and where a caller without a second factor requires one."""
        checked = self.get(who, tenant_id, Permission.MANAGE)
        for _ in rounds():
            new = replace(
                checked, **{name: _trimmed(values[name]) for name in CHOSEN if name in values}
            )
            check_tenant(new)
            domains, _ = recipient_domains.read(new.recipient_domains)
            new = replace(new, recipient_domains=domains)
            with write_as(self._store, who) as (tx, who):
                old = tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
                if seen and any(
                    _trimmed(getattr(old, name)) != _trimmed(seen[name])
                    for name in CHOSEN
                    if name in seen
                ):
                    raise VersionConflict
                if old == checked:
                    if not self._change(tx, who, old, new):
                        return old
                    break
            # changed by someone else meanwhile: check both changes together
            checked = old
        # All pages of the tenant show its name
        self._changes.publish(Change(Topic.TENANTS, tenant_id))
        return new

    def _change(self, tx: Transaction, who: Principal, old: Tenant, new: Tenant) -> bool:
        """Write what differs; False where nothing does."""
        changes = audit_log.changed(vars(old), {name: getattr(new, name) for name in CHOSEN})
        if changes:
            # Super admins follow the installation's rule, and lose nothing by the tenant's
            if (
                new.second_factor_required
                and not old.second_factor_required
                and not who.is_super_admin
            ):
                _check_own_factor(tx, who)
            tx.tenants.update(old.id, {name: getattr(new, name) for name in changes})
            subject = {"tenant_id": old.id, "subject_id": old.id, "subject_name": new.name}
            audit_log.note(
                tx, who, Action.TENANT_UPDATED, self._clock(), **subject, changed=changes
            )
        return bool(changes)


def _check_own_factor(tx: Transaction, who: Principal) -> None:
    """A caller who requires one without having one would lose their rights; a service account
    would not."""
    user = tx.users.get(who.user_id)
    if user is None or (user.second_factor_at is None and user.service_of is None):
        raise OwnSecondFactorFirst


def _trimmed(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value.strip() if isinstance(value, str) else value


def tenant_of(
    tx: Transaction, who: Principal, tenant_id: str, permission: Permission, *, lock: bool = False
) -> Tenant:
    """lock: nobody else changes the tenant or its members until the transaction ends. Raises
    NotFound (also for another's tenant), then Forbidden."""
    require_own_password(who)
    tenant = tx.tenants.get(tenant_id) if is_uuid(tenant_id) else None
    if tenant is None:
        raise NotFound
    require(who, permission, tenant_id)
    # Only now, so that nobody holds up a foreign tenant
    locked = tx.tenants.get(tenant_id, lock=True) if lock else tenant
    if locked is None:
        raise NotFound
    return locked
