"""Access checks of calls: the tenant to write into, the tenants to list, a schedule and its run."""

from collections.abc import Mapping

from exports_app import log
from exports_app.domain import access
from exports_app.domain.access import (
    Permission,
    Principal,
    require_anywhere,
    require_own_password,
)
from exports_app.domain.errors import FieldError, Invalid, KeyIsLimited, NotFound
from exports_app.services.core.field_rules import is_uuid, one_of
from exports_app.services.core.interfaces import Tenants, Transaction
from exports_app.services.core.records import Run, Schedule


def require(who: Principal, permission: Permission, tenant_id: str) -> None:
    """As `access.require`, whose errors it raises. Later log lines of the call name the tenant."""
    access.require(who, permission, tenant_id)
    log.note(tenant=tenant_id)


def require_of_schedule(
    who: Principal, permission: Permission, tenant_id: str, schedule_id: str
) -> None:
    """As `access.require_of_schedule`, whose errors it raises. Later log lines name the tenant."""
    access.require_of_schedule(who, permission, tenant_id, schedule_id)
    log.note(tenant=tenant_id)


def own_tenant(who: Principal, permission: Permission, tenant_id: str | None) -> str:
    """The tenant to write into: `tenant_id`, or the caller's only one. Raises NotFound, Forbidden,
    Invalid."""
    tenant_id = _or_only_one(who, permission, tenant_id)
    require(who, permission, tenant_id)
    return tenant_id


def own_tenant_of_schedules(who: Principal, permission: Permission, tenant_id: str | None) -> str:
    """As `own_tenant`, for a list that leaves out what is not of `who.schedules`."""
    tenant_id = _or_only_one(who, permission, tenant_id)
    access.require_of_any(who, permission, tenant_id)
    log.note(tenant=tenant_id)
    return tenant_id


def _or_only_one(who: Principal, permission: Permission, tenant_id: str | None) -> str:
    if tenant_id is not None:
        return tenant_id
    mine = who.tenants(permission)
    if mine is None or len(mine) != 1:
        raise Invalid([FieldError("/tenantId", "specify the tenant: you are a member of several")])
    return next(iter(mine))


def visible(who: Principal, tenant_id: str | None) -> Tenants:
    """The tenants of which everything is listed. Raises NotFound for another's tenant, Forbidden
    without the right to read, KeyIsLimited for a key for chosen schedules."""
    within = of_schedules(who, tenant_id)
    if who.schedules is not None:
        raise KeyIsLimited
    return within


def of_schedules(who: Principal, tenant_id: str | None) -> Tenants:
    """As `visible`, for a list of schedules that leaves out all but `who.schedules`."""
    require_anywhere(who, Permission.READ)
    if tenant_id is None:
        return who.tenants(Permission.READ)
    access.require_of_any(who, Permission.READ, tenant_id)
    log.note(tenant=tenant_id)
    return frozenset({tenant_id})


def sorting(wanted: str, allowed: Mapping[str, str]) -> str:
    """A caller's sort key (camelCase, '-' before it for descending) as the store's. Raises
    Invalid."""
    name = wanted.removeprefix("-")
    if name not in allowed:
        raise Invalid(
            [FieldError("/sort", one_of(list(allowed)) + ", with a leading - for descending")]
        )
    return ("-" if wanted.startswith("-") else "") + allowed[name]


def schedule_of(
    tx: Transaction, who: Principal, schedule_id: str, permission: Permission
) -> Schedule:
    """Raises NotFound (also for another tenant's), then Forbidden."""
    require_own_password(who)
    schedule = tx.schedules.get(schedule_id) if is_uuid(schedule_id) else None
    if schedule is None:
        raise NotFound
    require_of_schedule(who, permission, schedule.tenant_id, schedule.id)
    return schedule


def keep_schedule(tx: Transaction, schedule_id: str) -> None:
    """Before a run is queued: nobody deletes its schedule until the transaction ends, and whoever
    deletes it then cancels the run. Raises NotFound where it was deleted since it was read. Call it
    after the tenant is locked: others lock in this order."""
    if tx.schedules.get(schedule_id, lock=True) is None:
        raise NotFound


def run_of(tx: Transaction, schedule_id: str, run_id: str) -> Run:
    """Raises NotFound, also when the run is another schedule's."""
    run = tx.runs.get(run_id) if is_uuid(run_id) else None
    if run is None or run.scheduled_export_id != schedule_id:
        raise NotFound
    return run
