"""Accounts, for super admins."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from exports_app.api import pages, parameters
from exports_app.api.access import Operator, Srv, Who, operator
from exports_app.api.conditions import expected_version, version_of
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.schemas import users as schemas
from exports_app.domain import bounds
from exports_app.services.accounts.administration import UserAccount
from exports_app.services.core.records import Page, User

router = APIRouter(
    prefix="/api",
    tags=["accounts"],
    dependencies=[Depends(operator), parameters.CHECKED],
    route_class=Repeatable,
)


def others(srv: Srv, who: Who, user_id: str) -> User:
    """The path's object before the body."""
    return srv.user_administration.get(who, user_id)


Others = Annotated[User, Depends(others)]


@router.get("/users", response_model=schemas.UsersOut, summary="List accounts")
def users(
    srv: Srv,
    request: Request,
    who: Operator,
    q: Annotated[bounds.Search, Query(description="Part of the name or the email address")] = "",
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """For super admins. All accounts, sorted by name."""
    asked = srv.cursors.page(cursor, ("users", q), Page(page, size))
    found = srv.user_administration.find(who, q, asked)
    key = attrgetter("user.name", "user.id")
    answer = pages.answer(srv.cursors, ("users", q), asked, found, key)
    items = [_account(account) for account in answer["items"]]
    return pages.sent(request, schemas.UsersOut, answer | {"items": items})


def _account(account: UserAccount) -> dict[str, Any]:
    tenants = [
        {"id": tenant.id, "slug": tenant.slug, "name": tenant.name, "role": role}
        for tenant, role in account.roles
    ]
    return {**vars(account.user), "tenants": tenants}


@router.get("/users/{user_id}", response_model=schemas.UserAccountOut, summary="Get an account")
def get(srv: Srv, who: Who, request: Request, user: Others) -> Any:
    """For super admins. The account of a person, with their tenants and roles."""
    return _sent(request, _account(srv.user_administration.account(who, user.id)))


@router.put(
    "/users/{user_id}",
    response_model=schemas.UserAccountOut,
    openapi_extra=takes(schemas.UserChange),
    summary="Activate or deactivate an account",
)
def set_active(
    srv: Srv,
    who: Who,
    request: Request,
    user: Others,
    body: Annotated[schemas.UserChange, Depends(json_body(schemas.UserChange))],
) -> Any:
    """For super admins. A deactivated user is signed out, and their scheduled exports fail."""
    return _change(srv, who, request, user, body)


@router.patch(
    "/users/{user_id}",
    response_model=schemas.UserAccountOut,
    openapi_extra=merges(schemas.UserPatch),
    summary="Change fields of an account",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    user: Others,
    body: Annotated[schemas.UserChange, Depends(json_body(schemas.UserPatch))],
) -> Any:
    """For super admins. Only isActive can be changed. A deactivated user is signed out, and their
    scheduled exports fail."""
    return _change(srv, who, request, user, body)


def _change(
    srv: Srv, who: Who, request: Request, user: User, body: schemas.UserChange
) -> dict[str, Any]:
    account = srv.user_administration.account(who, user.id)
    now, user = _account(account), account.user
    answer = schemas.UserAccountOut.model_validate(now)
    body.check_fixed(answer)
    seen = user if expected_version(request, version_of(answer)) else None
    if "is_active" in body.given():
        changed = srv.user_administration.set_active(who, user.id, active=body.is_active, seen=seen)
        now |= vars(changed)
    return _sent(request, now)


def _sent(request: Request, account: dict[str, Any]) -> dict[str, Any]:
    """With its version, for the ETag."""
    request.state.version = version_of(schemas.UserAccountOut.model_validate(account))
    return account


@router.delete(
    "/users/{user_id}/second-factor",
    status_code=204,
    summary="Turn off two-factor authentication for a user",
)
def reset_second_factor(srv: Srv, who: Who, user: Others) -> None:
    """For super admins. Turns off two-factor authentication for someone who lost their phone and
    their recovery codes."""
    srv.user_administration.reset_second_factor(who, user.id)


@router.post(
    "/users/{user_id}/reset-password",
    response_model=schemas.ResetOut,
    summary="Reset the password of a user",
)
def reset(srv: Srv, who: Who, user: Others) -> Any:
    """For super admins. Emails the user a link for setting a new password. Without a mail server
    the response has the link, once."""
    sent = srv.user_administration.reset(who, user.id)
    return {"expires_at": sent.expires_at, "link": sent.url}
