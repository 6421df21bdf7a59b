"""One's own second factor."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api.access import Srv, Who
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import accounts as shapes

router = APIRouter(prefix="/api/account/second-factor", tags=["account"])


@router.get("", response_model=shapes.SecondFactorOut)
def state(srv: Srv, who: Who) -> Any:
    return srv.second_factors.state(who)


@router.post("", response_model=shapes.EnrolmentOut, openapi_extra=takes(shapes.PasswordCheckIn))
def begin(
    srv: Srv,
    who: Who,
    body: Annotated[shapes.PasswordCheckIn, Depends(json_body(shapes.PasswordCheckIn))],
) -> Any:
    """A secret for an authenticator app. It counts once `confirm` got a code of it."""
    return srv.second_factors.begin(who, body.current_password)


@router.post("/confirm", response_model=shapes.EnabledOut, openapi_extra=takes(shapes.OtpIn))
def confirm(
    srv: Srv, who: Who, body: Annotated[shapes.OtpIn, Depends(json_body(shapes.OtpIn))]
) -> Any:
    """From now on each login asks for a code. All browsers and all other tokens of the account are
    signed out."""
    return srv.second_factors.confirm(who, body.otp)


@router.post(
    "/recovery-codes",
    response_model=shapes.RecoveryCodesOut,
    openapi_extra=takes(shapes.PasswordAndOtpIn),
)
def renew_recovery_codes(
    srv: Srv,
    who: Who,
    body: Annotated[shapes.PasswordAndOtpIn, Depends(json_body(shapes.PasswordAndOtpIn))],
) -> Any:
    """A new set; the ones before count no more."""
    return {
        "recovery_codes": srv.second_factors.renew_recovery_codes(
            who, body.current_password, body.otp
        )
    }


@router.delete("", status_code=204, openapi_extra=takes(shapes.PasswordAndOtpIn))
def disable(
    srv: Srv,
    who: Who,
    body: Annotated[shapes.PasswordAndOtpIn, Depends(json_body(shapes.PasswordAndOtpIn))],
) -> None:
    srv.second_factors.disable(who, body.current_password, body.otp)
