"""One's own second factor."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import second_factor as schemas

router = APIRouter(
    prefix="/api/account/second-factor", tags=["account"], dependencies=[parameters.CHECKED]
)


@router.get("", response_model=schemas.SecondFactorOut)
def state(srv: Srv, who: Who) -> Any:
    return srv.second_factors.state(who)


@router.post("", response_model=schemas.EnrolmentOut, openapi_extra=takes(schemas.PasswordCheckIn))
def begin(
    srv: Srv,
    who: Who,
    body: Annotated[schemas.PasswordCheckIn, Depends(json_body(schemas.PasswordCheckIn))],
) -> Any:
    """A secret for an authenticator app. It counts once `confirm` got a code of it."""
    return srv.second_factors.begin(who, body.current_password)


@router.post("/confirm", response_model=schemas.EnabledOut, openapi_extra=takes(schemas.OtpIn))
def confirm(
    srv: Srv, who: Who, body: Annotated[schemas.OtpIn, Depends(json_body(schemas.OtpIn))]
) -> Any:
    """From now on each login asks for a code. All browsers and all other tokens of the account are
    signed out."""
    return srv.second_factors.confirm(who, body.otp)


@router.post(
    "/recovery-codes",
    response_model=schemas.RecoveryCodesOut,
    openapi_extra=takes(schemas.PasswordAndOtpIn),
)
def renew_recovery_codes(
    srv: Srv,
    who: Who,
    body: Annotated[schemas.PasswordAndOtpIn, Depends(json_body(schemas.PasswordAndOtpIn))],
) -> Any:
    """A new set; the ones before count no more."""
    return {
        "recovery_codes": srv.second_factors.renew_recovery_codes(
            who, body.current_password, body.otp
        )
    }


@router.delete("", status_code=204, openapi_extra=takes(schemas.PasswordAndOtpIn))
def disable(
    srv: Srv,
    who: Who,
    body: Annotated[schemas.PasswordAndOtpIn, Depends(json_body(schemas.PasswordAndOtpIn))],
) -> None:
    srv.second_factors.disable(who, body.current_password, body.otp)
