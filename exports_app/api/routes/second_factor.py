"""Two-factor authentication of one's own account."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Person, Srv
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import second_factor as schemas

router = APIRouter(
    prefix="/api/account/second-factor", tags=["account"], dependencies=[parameters.CHECKED]
)


@router.get(
    "",
    response_model=schemas.SecondFactorOut,
    summary="Get your two-factor authentication settings",
)
def state(srv: Srv, who: Person) -> Any:
    """Whether it is on, how many recovery codes are left, and who requires it of you."""
    return srv.second_factors.state(who)


@router.post(
    "",
    response_model=schemas.EnrolmentOut,
    openapi_extra=takes(schemas.PasswordCheckIn),
    summary="Set up two-factor authentication",
)
def begin(
    srv: Srv,
    who: Person,
    body: Annotated[schemas.PasswordCheckIn, Depends(json_body(schemas.PasswordCheckIn))],
) -> Any:
    """A secret for an authenticator app. It takes effect once a code from the app is sent to
    `confirm`."""
    return srv.second_factors.begin(who, body.current_password)


@router.post(
    "/confirm",
    response_model=schemas.EnabledOut,
    openapi_extra=takes(schemas.OtpIn),
    summary="Turn on two-factor authentication",
)
def confirm(
    srv: Srv, who: Person, body: Annotated[schemas.OtpIn, Depends(json_body(schemas.OtpIn))]
) -> Any:
    """Turns on two-factor authentication: from now on each sign-in asks for a code. Signs out all
    browsers and all other tokens of the account."""
    return srv.second_factors.confirm(who, body.otp)


@router.post(
    "/recovery-codes",
    response_model=schemas.RecoveryCodesOut,
    openapi_extra=takes(schemas.PasswordAndOtpIn),
    summary="Create new recovery codes",
)
def renew_recovery_codes(
    srv: Srv,
    who: Person,
    body: Annotated[schemas.PasswordAndOtpIn, Depends(json_body(schemas.PasswordAndOtpIn))],
) -> Any:
    """Creates new recovery codes. The previous ones no longer work."""
    return {
        "recovery_codes": srv.second_factors.renew_recovery_codes(
            who, body.current_password, body.otp
        )
    }


@router.delete(
    "",
    status_code=204,
    openapi_extra=takes(schemas.PasswordAndOtpIn),
    summary="Turn off two-factor authentication",
)
def disable(
    srv: Srv,
    who: Person,
    body: Annotated[schemas.PasswordAndOtpIn, Depends(json_body(schemas.PasswordAndOtpIn))],
) -> None:
    """Needs your password and a current code. 409 if it is not turned on."""
    srv.second_factors.disable(who, body.current_password, body.otp)
