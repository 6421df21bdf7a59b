"""Invitations to a tenant, for those who manage it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, takes
from exports_app.api.routes.tenants import Managed, managed
from exports_app.api.schemas import invitations as schemas
from exports_app.services.tenants.invitations import Invited

router = APIRouter(
    prefix="/api/tenants/{tenant_id}",
    tags=["tenants"],
    # In this order: a kept answer, with its link, is only for those who manage the tenant still
    dependencies=[Depends(managed), parameters.CHECKED],
    route_class=Repeatable,
)


@router.post(
    "/members",
    status_code=202,
    response_model=schemas.InvitedOut,
    openapi_extra=takes(schemas.InviteIn),
    summary="Invite a member",
)
def invite(
    srv: Srv,
    who: Who,
    tenant: Managed,
    body: Annotated[schemas.InviteIn, Depends(json_body(schemas.InviteIn))],
) -> Any:
    """The person becomes a member when they accept. The response is the same whether or not the
    address has an account. 409 if it belongs to a member or is already invited."""
    return _invitation(srv.invitations.invite(who, tenant.id, body.email, body.role))


@router.get(
    "/invitations",
    response_model=schemas.InvitationsOut,
    summary="List invitations",
)
def invitations(srv: Srv, who: Who, tenant: Managed) -> Any:
    """Invitations that were neither accepted nor revoked, newest first."""
    return {"items": [_invitation(invited) for invited in srv.invitations.find(who, tenant.id)]}


@router.delete("/invitations/{invitation_id}", status_code=204, summary="Revoke an invitation")
def revoke_invitation(srv: Srv, who: Who, tenant: Managed, invitation_id: str) -> None:
    """Its link no longer works."""
    srv.invitations.revoke(who, tenant.id, invitation_id)


@router.post(
    "/invitations/{invitation_id}/resend",
    status_code=202,
    response_model=schemas.InvitedOut,
    summary="Resend an invitation",
)
def resend_invitation(srv: Srv, who: Who, tenant: Managed, invitation_id: str) -> Any:
    """Sends a new link; the old one no longer works."""
    return _invitation(srv.invitations.resend(who, tenant.id, invitation_id))


def _invitation(invited: Invited) -> dict[str, Any]:
    return {
        **vars(invited.invitation),
        "invited_by": invited.invited_by,
        "status": invited.status,
        "mail": invited.mail,
        "link": invited.link,
    }
