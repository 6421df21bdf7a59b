"""One's own account; and the accounts of others, for a super admin."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from exports_app.api.access import Operator, Srv, Who
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import accounts as shapes
from exports_app.domain import bounds
from exports_app.services.accounts.administration import UserAccount
from exports_app.services.core.records import Page, User

router = APIRouter(prefix="/api", tags=["account"])


@router.get("/account", response_model=shapes.AccountOut)
def get(srv: Srv, who: Who) -> Any:
    return srv.own_account.get(who)


@router.post(
    "/account/password", response_model=shapes.TokenOut, openapi_extra=takes(shapes.PasswordIn)
)
def change_password(
    srv: Srv, who: Who, body: Annotated[shapes.PasswordIn, Depends(json_body(shapes.PasswordIn))]
) -> Any:
    """All browsers and all other tokens of the account are signed out; the answer has a new
    token."""
    return srv.own_account.change_password(who, body.current_password, body.new_password)


@router.get("/account/sessions", response_model=shapes.SessionsOut)
def sessions(srv: Srv, who: Who) -> Any:
    """Browsers in which the account is signed in, the one used last first."""
    return {"items": srv.own_account.sessions(who)}


@router.delete("/account/sessions/{session_id}", status_code=204)
def end_session(srv: Srv, who: Who, session_id: str) -> None:
    srv.own_account.end_session(who, session_id)


@router.post("/account/sign-out-everywhere", status_code=204)
def sign_out_everywhere(srv: Srv, who: Who) -> None:
    """All browsers and all tokens, this one too."""
    srv.own_account.sign_out_everywhere(who)


@router.get("/account/tenants/{tenant_id}", response_model=shapes.LeavingOut)
def leaving(srv: Srv, who: Who, tenant_id: str) -> Any:
    """What to settle before the caller leaves the tenant."""
    found = srv.members.leaving(who, tenant_id)
    return {
        "tenant": found.tenant,
        "role": found.member.role,
        "scheduled_exports": found.member.schedules,
        "successors": found.successors,
    }


@router.delete("/account/tenants/{tenant_id}", status_code=204)
def leave(
    srv: Srv,
    who: Who,
    tenant_id: str,
    schedules_to: Annotated[
        bounds.Id | None,
        Query(alias="schedulesTo", description="who should own the caller's"),
    ] = None,
) -> None:
    """Leave the tenant. 409 for its last active admin, and while scheduled exports of the caller
    have no new owner."""
    srv.members.leave(who, tenant_id, schedules_to)


def others(srv: Srv, who: Who, user_id: str) -> User:
    """The path's object before the body."""
    return srv.user_administration.get(who, user_id)


Others = Annotated[User, Depends(others)]


@router.get("/users", response_model=shapes.UsersOut)
def users(
    srv: Srv,
    who: Operator,
    q: Annotated[bounds.Search, Query(description="part of the name or the address")] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """For a super admin: all accounts, by name."""
    found, total = srv.user_administration.find(who, q, Page(page, size))
    return {"items": [_account(one) for one in found], "total": total, "page": page, "size": size}


def _account(one: UserAccount) -> dict[str, Any]:
    tenants = [
        {"id": tenant.id, "slug": tenant.slug, "name": tenant.name, "role": role}
        for tenant, role in one.roles
    ]
    return {**vars(one.user), "tenants": tenants}


@router.put(
    "/users/{user_id}", response_model=shapes.AccountOut, openapi_extra=takes(shapes.UserChange)
)
def set_active(
    srv: Srv,
    who: Who,
    user: Others,
    body: Annotated[shapes.UserChange, Depends(json_body(shapes.UserChange))],
) -> Any:
    """For a super admin. Who is not active is signed out, and their scheduled exports fail."""
    return srv.user_administration.set_active(who, user.id, active=body.is_active)


@router.delete("/users/{user_id}/second-factor", status_code=204)
def reset_second_factor(srv: Srv, who: Who, user: Others) -> None:
    """For a super admin: remove it, for somebody who lost their phone and their recovery codes."""
    srv.user_administration.reset_second_factor(who, user.id)


@router.post("/users/{user_id}/reset-password", response_model=shapes.ResetOut)
def reset(srv: Srv, who: Who, user: Others) -> Any:
    """For a super admin: mails the user a link to set a new password; without a mail server the
    answer has it, once."""
    sent = srv.user_administration.reset(who, user.id)
    return {"expires_at": sent.expires_at, "link": sent.url}
