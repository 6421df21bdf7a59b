"""A tenant's settings and its people."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from exports_app.api import pages, parameters
from exports_app.api.access import Srv, Who
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import invitations as invitation_schemas
from exports_app.api.schemas import tenants as schemas
from exports_app.api.schemas.base import Id
from exports_app.api.schemas.schedules import TagsOut
from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.core.records import Member, Page, Tenant
from exports_app.services.tenants.invitations import Invited

router = APIRouter(prefix="/api/tenants", tags=["tenants"], dependencies=[parameters.CHECKED])


def managed(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the body: 404, then 403, then 413 and 422."""
    return srv.tenants.get(who, tenant_id, Permission.MANAGE)


SIZE = "Members per page. Default: 200 with q, page or cursor; otherwise all members"

Managed = Annotated[Tenant, Depends(managed)]


@router.get("/{tenant_id}", response_model=schemas.TenantSettingsOut, summary="Get a tenant")
def get(srv: Srv, who: Who, tenant_id: str) -> Any:
    """Its settings, for everyone who has access to it."""
    return srv.tenants.get(who, tenant_id)


@router.put(
    "/{tenant_id}",
    response_model=schemas.TenantSettingsOut,
    openapi_extra=takes(schemas.TenantChange),
    summary="Update a tenant",
)
def update(
    srv: Srv,
    who: Who,
    tenant: Managed,
    body: Annotated[schemas.TenantChange, Depends(json_body(schemas.TenantChange))],
) -> Any:
    """Fields left out keep their value. null clears the logo, the time zone and the retention of
    files."""
    body.check_fixed(schemas.TenantSettingsOut.model_validate(tenant))
    return srv.tenants.update(who, tenant.id, body.given())


@router.get("/{tenant_id}/quotas", response_model=schemas.QuotasOut, summary="List quotas")
def quotas(srv: Srv, who: Who, tenant: Managed) -> Any:
    """The tenant's quotas and how much of each is used."""
    return {"items": srv.quotas.find(who, tenant.id)}


@router.put(
    "/{tenant_id}/quotas",
    response_model=schemas.QuotasOut,
    openapi_extra=takes(schemas.QuotasChange),
    summary="Change quotas",
)
def change_quotas(
    srv: Srv,
    who: Who,
    tenant: Managed,
    body: Annotated[schemas.QuotasChange, Depends(json_body(schemas.QuotasChange))],
) -> Any:
    """For super admins. Fields left out keep their value; null resets to the default."""
    return {"items": srv.quotas.change(who, tenant.id, body.given())}


@router.get("/{tenant_id}/tags", response_model=TagsOut, summary="List tags")
def tags(srv: Srv, who: Who, tenant_id: str) -> Any:
    """Tags of the tenant's scheduled exports, in alphabetical order."""
    return {"items": srv.tags.find(who, srv.tenants.get(who, tenant_id).id)}


@router.get("/{tenant_id}/members", response_model=schemas.MembersOut, summary="List members")
def members(
    srv: Srv,
    request: Request,
    who: Who,
    tenant: Managed,
    q: Annotated[bounds.Search, Query(description="Part of the name or the email address")] = "",
    page: pages.Number = 1,
    size: Annotated[int | None, Query(ge=1, le=200, description=SIZE)] = None,
    cursor: pages.Cursor = None,
) -> Any:
    """Sorted by name."""
    of = ("members", tenant.id, *([q] if q else []))
    asked = srv.cursors.page(cursor, of, Page(page, size or 200))
    if not (q or page > 1 or size or cursor):
        everyone = srv.members.find(who, tenant.id)
        items, total = [_member(member) for member in everyone], len(everyone)
        return {"items": items, "total": total, "page": 1, "size": max(total, asked.size)}
    found = srv.members.search(who, tenant.id, q, asked)
    key = attrgetter("user.name", "user.id")
    answer = pages.answer(srv.cursors, of, asked, found, key)
    items = [_member(member) for member in answer["items"]]
    return pages.sent(request, schemas.MembersOut, answer | {"items": items})


@router.post(
    "/{tenant_id}/members",
    status_code=202,
    response_model=invitation_schemas.InvitedOut,
    openapi_extra=takes(invitation_schemas.InviteIn),
    summary="Invite a member",
)
def invite(
    srv: Srv,
    who: Who,
    tenant: Managed,
    body: Annotated[invitation_schemas.InviteIn, Depends(json_body(invitation_schemas.InviteIn))],
) -> Any:
    """The person becomes a member when they accept. The response is the same whether or not the
    address has an account. 409 if it belongs to a member or is already invited."""
    return _invitation(srv.invitations.invite(who, tenant.id, body.email, body.role))


@router.get(
    "/{tenant_id}/invitations",
    response_model=invitation_schemas.InvitationsOut,
    summary="List invitations",
)
def invitations(srv: Srv, who: Who, tenant: Managed) -> Any:
    """Invitations that were neither accepted nor revoked, newest first."""
    return {"items": [_invitation(invited) for invited in srv.invitations.find(who, tenant.id)]}


@router.delete(
    "/{tenant_id}/invitations/{invitation_id}", status_code=204, summary="Revoke an invitation"
)
def revoke_invitation(srv: Srv, who: Who, tenant: Managed, invitation_id: str) -> None:
    """Its link no longer works."""
    srv.invitations.revoke(who, tenant.id, invitation_id)


@router.post(
    "/{tenant_id}/invitations/{invitation_id}/resend",
    status_code=202,
    response_model=invitation_schemas.InvitedOut,
    summary="Resend an invitation",
)
def resend_invitation(srv: Srv, who: Who, tenant: Managed, invitation_id: str) -> Any:
    """Sends a new link; the old one no longer works."""
    return _invitation(srv.invitations.resend(who, tenant.id, invitation_id))


@router.put(
    "/{tenant_id}/members/{user_id}",
    response_model=schemas.MemberOut,
    openapi_extra=takes(schemas.RoleIn),
    summary="Change the role of a member",
)
def change_role(
    srv: Srv,
    who: Who,
    tenant: Managed,
    user_id: str,
    body: Annotated[schemas.RoleIn, Depends(json_body(schemas.RoleIn))],
) -> Any:
    """409 for the last active admin."""
    return _member(srv.members.change_role(who, tenant.id, user_id, body.role))


@router.delete("/{tenant_id}/members/{user_id}", status_code=204, summary="Remove a member")
def remove(
    srv: Srv,
    who: Who,
    tenant: Managed,
    user_id: str,
    schedules_to: Annotated[
        Id | None,
        Query(
            alias="schedulesTo",
            description="ID of the member who takes over their scheduled exports",
        ),
    ] = None,
    drop_recipient: Annotated[
        bool,
        Query(
            alias="dropRecipient",
            description="Also remove them from the recipients of the tenant's scheduled exports",
        ),
    ] = False,
) -> None:
    """409 for the last active admin, while their scheduled exports have no new owner, and with
    dropRecipient if they are the only recipient of some scheduled exports."""
    srv.members.remove(who, tenant.id, user_id, schedules_to, drop_recipient=drop_recipient)


def _member(member: Member) -> dict[str, Any]:
    user = member.user
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "isActive": user.is_active,
        "role": member.role,
        "scheduledExports": member.schedules,
    }


def _invitation(invited: Invited) -> dict[str, Any]:
    return {
        **vars(invited.invitation),
        "invited_by": invited.invited_by,
        "status": invited.status,
        "mail": invited.mail,
        "link": invited.link,
    }
