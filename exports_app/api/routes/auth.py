"""Signing in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from exports_app.api.access import Srv, Who
from exports_app.api.body import json_body, takes
from exports_app.api.shapes import LoginIn, MeOut, TokenOut
from exports_app.services.known_browsers import KNOWN_COOKIE
from exports_app.services.sessions import cookie

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post("/login", response_model=TokenOut, openapi_extra=takes(LoginIn))
def login(srv: Srv, request: Request, body: Annotated[LoginIn, Depends(json_body(LoginIn))]) -> Any:
    address = request.client.host if request.client else ""
    known = cookie("; ".join(request.headers.getlist("cookie")), KNOWN_COOKIE)
    return srv.auth.login(body.email, body.password, address, known)


@router.get("/me", response_model=MeOut)
def me(srv: Srv, who: Who) -> Any:
    user, memberships = srv.auth.me(who)
    tenants = [
        {"id": m.tenant.id, "slug": m.tenant.slug, "name": m.tenant.name, "role": m.role, "permissions": m.permissions}
        for m in memberships
    ]
    return {"user": user, "tenants": tenants}
