"""What every change of a destination looks up, checks and notes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import FieldError, Invalid, NameTaken, NotFound
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require
from exports_app.services.core.extension_points import DestinationChannel
from exports_app.services.core.field_rules import is_uuid, line_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Action, Destination, Tenant
from exports_app.services.destinations import configs
from exports_app.services.destinations.configs import CheckedConfig


def configured(channel: str) -> DestinationChannel:
    """Raises Invalid where it is not installed, or lacks a setting."""
    kind = configs.channel_of(channel)
    if reason := kind.unconfigured():
        raise Invalid([FieldError("/channel", reason)])
    return kind


def of_new(
    kind: DestinationChannel, name: str, config: Mapping[str, Any]
) -> tuple[str, CheckedConfig]:
    """The name and the `CheckedConfig` of a new one. Raises Invalid with the errors of both."""
    errors: list[FieldError] = []
    checked = None
    try:
        name = line_of(name, bounds.DESTINATION_NAME)
    except Invalid as e:
        errors += e.errors
    try:
        checked = configs.checked(kind, config)
    except Invalid as e:
        errors += e.errors
    if errors or checked is None:
        raise Invalid(errors)
    return name, checked


def tenant_of(tx: Transaction, tenant_id: str, *, lock: bool = False) -> Tenant:
    """Raises NotFound."""
    tenant = tx.tenants.get(tenant_id, lock=lock)
    if tenant is None:
        raise NotFound
    return tenant


def destination_of(
    tx: Transaction, who: Principal, destination_id: str, *, lock: bool = False
) -> Destination:
    """Of a caller who may change it. Raises NotFound, also for another tenant's; Forbidden."""
    require_own_password(who)
    found = tx.destinations.get(destination_id, lock=lock) if is_uuid(destination_id) else None
    if found is None:
        raise NotFound
    require(who, Permission.WRITE, found.tenant_id)
    return found


def require_free(there: list[Destination], name: str) -> None:
    """Raises Conflict."""
    if any(one.name == name for one in there):
        raise NameTaken("The tenant has a destination with this name: choose another name")


def note(
    tx: Transaction,
    who: Principal,
    action: Action,
    destination: Destination,
    now: datetime,
    **detail: Any,
) -> None:
    audit_log.note(
        *(tx, who, action, now),
        tenant_id=destination.tenant_id,
        subject_id=destination.id,
        subject_name=destination.name,
        **detail,
    )
