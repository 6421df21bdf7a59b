"""The members of a tenant."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from exports_app.api import pages, parameters
from exports_app.api.access import Srv, Who
from exports_app.api.conditions import expected_version, version_of
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.routes.tenants import Managed
from exports_app.api.schemas import kinds
from exports_app.api.schemas import tenants as schemas
from exports_app.api.schemas.base import Id
from exports_app.domain import bounds
from exports_app.domain.access import Role
from exports_app.services.core.records import Member, Page, Tenant

router = APIRouter(
    prefix="/api/tenants/{tenant_id}/members",
    tags=["tenants"],
    dependencies=[parameters.CHECKED],
)

SIZE = "Members per page. Default: 200 with q, page or cursor; otherwise all members"


def known(srv: Srv, who: Who, tenant: Managed, user_id: str) -> Member:
    """The path's object before the body."""
    return srv.members.get(who, tenant.id, user_id)


Target = Annotated[Member, Depends(known)]


@router.get("", response_model=schemas.MembersOut, summary="List members")
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


@router.get("/{user_id}", response_model=schemas.MemberOut, summary="Get a member")
def get(request: Request, member: Target) -> Any:
    """Their role, and how many scheduled exports they own."""
    return _sent(request, member)


@router.put(
    "/{user_id}",
    response_model=schemas.MemberOut,
    openapi_extra=takes(schemas.RoleIn),
    summary="Change the role of a member",
)
def change_role(
    srv: Srv,
    who: Who,
    request: Request,
    member: Target,
    tenant: Managed,
    body: Annotated[schemas.RoleIn, Depends(json_body(schemas.RoleIn))],
) -> Any:
    """409 for the last active admin."""
    return _change(srv, who, request, tenant, member, body)


@router.patch(
    "/{user_id}",
    response_model=schemas.MemberOut,
    openapi_extra=merges(schemas.RolePatch),
    summary="Change fields of a member",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    member: Target,
    tenant: Managed,
    body: Annotated[schemas.RoleIn, Depends(json_body(schemas.RolePatch))],
) -> Any:
    """Only the role can be changed. 409 for the last active admin."""
    return _change(srv, who, request, tenant, member, body)


def _change(
    srv: Srv, who: Who, request: Request, tenant: Tenant, member: Member, body: schemas.RoleIn
) -> dict[str, Any]:
    body.check_fixed(schemas.MemberOut.model_validate(_member(member)))
    seen = _seen(request, member)
    if "role" in body.given():
        member = srv.members.change_role(who, tenant.id, member.user.id, body.role, seen)
    return _sent(request, member)


def _sent(request: Request, member: Member) -> dict[str, Any]:
    """With its version, for the ETag."""
    request.state.version = _version(member)
    return _member(member)


def _seen(request: Request, member: Member) -> Role | None:
    """The role, where the caller says which version they saw. Raises PreconditionFailed,
    PreconditionRequired."""
    return member.role if expected_version(request, _version(member)) else None


def _version(member: Member) -> str:
    answer = schemas.MemberOut.model_validate(_member(member))
    return version_of(answer, {"scheduled_exports"})


@router.delete("/{user_id}", status_code=204, summary="Remove a member")
def remove(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Managed,
    member: Target,
    schedules_to: Annotated[
        Annotated[Id, kinds.said(format="uuid")] | None,
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
    of = (who, tenant.id, member.user.id, schedules_to)
    srv.members.remove(*of, drop_recipient=drop_recipient, seen=_seen(request, member))


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
