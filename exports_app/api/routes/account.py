"""One's own account."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from exports_app.api import parameters
from exports_app.api.access import Person, Srv, person
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import account as schemas
from exports_app.api.schemas import auth as auth_schemas
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Id

router = APIRouter(
    prefix="/api", tags=["account"], dependencies=[Depends(person), parameters.CHECKED]
)


@router.get("/account", response_model=schemas.AccountOut, summary="Get your account")
def get(srv: Srv, who: Person) -> Any:
    """Your name, your email address, and whether two-factor authentication is on."""
    return srv.own_account.get(who)


@router.post(
    "/account/password",
    response_model=auth_schemas.TokenOut,
    openapi_extra=takes(schemas.PasswordIn),
    summary="Change your password",
)
def change_password(
    srv: Srv,
    who: Person,
    body: Annotated[schemas.PasswordIn, Depends(json_body(schemas.PasswordIn))],
) -> Any:
    """Change your password. Signs out all browsers and all other tokens of the account; the
    response has a new token."""
    return srv.own_account.change_password(who, body.current_password, body.new_password)


@router.get("/account/sessions", response_model=schemas.SessionsOut, summary="List your sessions")
def sessions(srv: Srv, who: Person) -> Any:
    """The browsers in which you are signed in, most recently used first."""
    return {"items": srv.own_account.sessions(who)}


@router.delete("/account/sessions/{session_id}", status_code=204, summary="Sign out one browser")
def end_session(srv: Srv, who: Person, session_id: str) -> None:
    """The browser is signed out at its next request. Access tokens stay valid."""
    srv.own_account.end_session(who, session_id)


@router.post("/account/sign-out-everywhere", status_code=204, summary="Sign out everywhere")
def sign_out_everywhere(srv: Srv, who: Person) -> None:
    """Signs out all browsers and revokes all tokens, including the one used for this request."""
    srv.own_account.sign_out_everywhere(who)


@router.get(
    "/account/tenants/{tenant_id}",
    response_model=schemas.LeavingOut,
    summary="Check what leaving a tenant requires",
)
def leaving(srv: Srv, who: Person, tenant_id: str) -> Any:
    """What has to be settled before you can leave the tenant."""
    preview = srv.members.leaving(who, tenant_id)
    return {
        "tenant": preview.tenant,
        "role": preview.member.role,
        "scheduled_exports": preview.member.schedules,
        "successors": preview.successors,
    }


@router.delete("/account/tenants/{tenant_id}", status_code=204, summary="Leave a tenant")
def leave(
    srv: Srv,
    who: Person,
    tenant_id: str,
    schedules_to: Annotated[
        Annotated[Id, kinds.said(format="uuid")] | None,
        Query(
            alias="schedulesTo",
            description="ID of the member who takes over your scheduled exports",
        ),
    ] = None,
) -> None:
    """Leave the tenant. 409 for its last active admin, and while your scheduled exports have no new
    owner."""
    srv.members.leave(who, tenant_id, schedules_to)
