"""Signing in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.request_body import strangers_body, takes
from exports_app.api.schemas.auth import ForgotPasswordIn, LoginIn, MeOut, ResetPasswordIn, TokenOut
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE

router = APIRouter(prefix="/api/auth", tags=["auth"])


def _known(request: Request) -> str:
    return cookie("; ".join(request.headers.getlist("cookie")), KNOWN_COOKIE)


@router.post(
    "/login",
    response_model=TokenOut,
    openapi_extra=takes(LoginIn),
    dependencies=[parameters.OPEN],
    summary="Sign in",
)
def login(
    srv: Srv, request: Request, body: Annotated[LoginIn, Depends(strangers_body(LoginIn))]
) -> Any:
    """If the account uses two-factor authentication: 401 with the code `otp_required` until `otp`
    is sent too. Each code works for one login."""
    address = request.client.host if request.client else ""
    return srv.auth.login(body.email, body.password, address, _known(request), body.otp)


@router.post(
    "/forgot-password",
    status_code=202,
    openapi_extra=takes(ForgotPasswordIn),
    dependencies=[parameters.OPEN],
    summary="Request a password reset",
)
def forgot_password(
    srv: Srv,
    request: Request,
    body: Annotated[ForgotPasswordIn, Depends(strangers_body(ForgotPasswordIn))],
) -> None:
    """Emails a link for setting a new password to the account with this address. The response is
    the same whether or not there is one."""
    srv.password_resets.request(body.email, _known(request))


@router.post(
    "/reset-password",
    status_code=204,
    openapi_extra=takes(ResetPasswordIn),
    dependencies=[parameters.OPEN],
    summary="Set a new password",
)
def reset_password(
    srv: Srv, body: Annotated[ResetPasswordIn, Depends(strangers_body(ResetPasswordIn))]
) -> None:
    """Sets a new password with the token from a reset link. Each token works once. Signs out all
    browsers and revokes all tokens."""
    srv.password_resets.reset(body.token, body.new_password)


@router.get(
    "/me",
    response_model=MeOut,
    dependencies=[parameters.CHECKED],
    summary="Get the signed-in user",
)
def me(srv: Srv, who: Who) -> Any:
    """Whom the token or the API key acts as, with the tenants, roles and permissions that it has
    now."""
    user, memberships = srv.auth.me(who)
    tenants = [
        {
            "id": m.tenant.id,
            "slug": m.tenant.slug,
            "name": m.tenant.name,
            "role": m.role,
            "permissions": m.permissions,
        }
        for m in memberships
    ]
    missing = {
        "second_factor_missing_for": srv.auth.withheld(who),
        "must_set_up_second_factor": who.must_enrol,
    }
    shown = vars(user) | ({"email": None} if user.service_of else {})
    return {"user": shown, "tenants": tenants, **missing}
