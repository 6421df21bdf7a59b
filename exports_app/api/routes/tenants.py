"""A tenant's settings and its people."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from exports_app.api import shapes
from exports_app.api.access import Srv, Who
from exports_app.api.body import json_body, takes
from exports_app.domain.access import Permission
from exports_app.services.members import Added
from exports_app.services.records import Member, Tenant

router = APIRouter(prefix="/api/tenants", tags=["tenants"])


def managed(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the body: 404, then 403, then 413 and 422."""
    return srv.tenants.get(who, tenant_id, Permission.MANAGE)


Managed = Annotated[Tenant, Depends(managed)]


@router.get("/{tenant_id}", response_model=shapes.TenantSettingsOut)
def get(srv: Srv, who: Who, tenant_id: str) -> Any:
    return srv.tenants.get(who, tenant_id)


@router.put("/{tenant_id}", response_model=shapes.TenantSettingsOut, openapi_extra=takes(shapes.TenantChange))
def update(
    srv: Srv, who: Who, tenant: Managed, body: Annotated[shapes.TenantChange, Depends(json_body(shapes.TenantChange))]
) -> Any:
    """Fields left out keep their value; null clears the logo, the zone and the time that files are kept."""
    return srv.tenants.update(who, tenant.id, body.given())


@router.get("/{tenant_id}/members", response_model=shapes.MembersOut)
def members(srv: Srv, who: Who, tenant: Managed) -> Any:
    return {"items": [_member(one) for one in srv.members.find(who, tenant.id)]}


@router.post("/{tenant_id}/members", status_code=201, response_model=shapes.AddedOut, openapi_extra=takes(shapes.MemberIn))
def add(srv: Srv, who: Who, tenant: Managed, body: Annotated[shapes.MemberIn, Depends(json_body(shapes.MemberIn))]) -> Any:
    """Somebody who has an account gains a membership only; others get a one-time password, told here once."""
    added: Added = srv.members.add(who, tenant.id, body.email, body.name, body.role)
    return _member(added.member) | {"oneTimePassword": added.password}


@router.put("/{tenant_id}/members/{user_id}", response_model=shapes.MemberOut, openapi_extra=takes(shapes.RoleIn))
def change_role(
    srv: Srv, who: Who, tenant: Managed, user_id: str, body: Annotated[shapes.RoleIn, Depends(json_body(shapes.RoleIn))]
) -> Any:
    """409 for the last active admin."""
    return _member(srv.members.change_role(who, tenant.id, user_id, body.role))


@router.delete("/{tenant_id}/members/{user_id}", status_code=204)
def remove(
    srv: Srv,
    who: Who,
    tenant: Managed,
    user_id: str,
    schedules_to: Annotated[str | None, Query(alias="schedulesTo", max_length=36, description="who shall own theirs")] = None,
) -> None:
    """409 for the last active admin, and while scheduled exports of theirs have no new owner."""
    srv.members.remove(who, tenant.id, user_id, schedules_to)


def _member(one: Member) -> dict[str, Any]:
    user = one.user
    facts = {"id": user.id, "email": user.email, "name": user.name, "isActive": user.is_active}
    return facts | {"role": one.role, "scheduledExports": one.schedules}
