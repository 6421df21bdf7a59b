"""The caller: the principal of the bearer token. The services decide what they may do."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from exports_app.api import allowances
from exports_app.domain.access import (
    Permission,
    Principal,
    require_anywhere,
    require_operator,
    require_person,
)
from exports_app.domain.errors import InvalidToken, Unauthenticated
from exports_app.services.core.records import Campaign, Schedule
from exports_app.wiring import Services

_bearer = HTTPBearer(
    auto_error=False, description="An API key, or the accessToken of POST /api/auth/login"
)


async def services(request: Request) -> Services:  # async: FastAPI gives others a thread each
    own: Services = request.app.state.services
    return own


Srv = Annotated[Services, Depends(services)]


def principal(
    srv: Srv,
    request: Request,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    if token is None:
        raise Unauthenticated
    return _signed_in(request, srv, token.credentials)


def _signed_in(request: Request, srv: Services, token: str) -> Principal:
    """The token's principal, also kept in the request's state."""
    if len(request.headers.getlist("authorization")) > 1:  # programs differ in which one they take
        raise InvalidToken("Send one Authorization header: there are several")
    who, left = srv.auth.call(token)
    allowances.note(request, left)
    request.state.who = who  # for the audit, where a right is refused
    request.state.check_unchanged = partial(srv.auth.check_unchanged, token, who)
    return who


def check_unchanged(request: Request) -> None:
    """Call it after the body was read, which may take minutes: the caller's rights must still be
    those that were checked. Raises Unauthenticated, DemoIsLocal, RightsChanged."""
    check = getattr(request.state, "check_unchanged", None)
    if check is not None:  # None: a route without sign-in
        check()


Who = Annotated[Principal, Depends(principal)]


async def person(who: Who) -> Principal:
    """Refuses API keys, before the body is read; the service does so too."""
    require_person(who)
    return who


Person = Annotated[Principal, Depends(person)]


def anyone(
    srv: Srv,
    request: Request,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal | None:
    """The caller, if there is a token. One that is not valid is refused here too, and an API
    key."""
    if token is None:
        return None
    who = _signed_in(request, srv, token.credentials)
    require_person(who)
    return who


Anyone = Annotated[Principal | None, Depends(anyone)]


async def writer(who: Who) -> Principal:
    """Refuses callers who may write in no tenant, before their body is read; the service checks the
    tenant."""
    require_anywhere(who, Permission.WRITE)
    return who


async def campaign_writer(who: Who) -> Principal:
    require_anywhere(who, Permission.CAMPAIGNS)
    return who


async def reader(who: Who) -> Principal:
    require_anywhere(who, Permission.READ)
    return who


async def manager(who: Who) -> Principal:
    require_anywhere(who, Permission.MANAGE)
    return who


async def operator(who: Who) -> Principal:
    require_operator(who)
    return who


Writer = Annotated[Principal, Depends(writer)]
CampaignWriter = Annotated[Principal, Depends(campaign_writer)]
Reader = Annotated[Principal, Depends(reader)]
Manager = Annotated[Principal, Depends(manager)]
Operator = Annotated[Principal, Depends(operator)]


def readable_schedule(srv: Srv, who: Who, schedule_id: str) -> Schedule:
    """The path's object before the query's values: 404, then 422."""
    return srv.schedules.get(who, schedule_id)


def writable_schedule(srv: Srv, who: Who, schedule_id: str) -> Schedule:
    """The path's object before the body: 404, then 403, then 413 and 422."""
    return srv.schedules.get(who, schedule_id, Permission.WRITE)


def writable_campaign(srv: Srv, who: Who, campaign_id: str) -> Campaign:
    return srv.campaigns.get(who, campaign_id, Permission.CAMPAIGNS)


ReadableSchedule = Annotated[Schedule, Depends(readable_schedule)]
WritableSchedule = Annotated[Schedule, Depends(writable_schedule)]
