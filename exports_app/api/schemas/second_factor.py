"""One's own second factor."""

from datetime import datetime

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.auth import TokenOut
from exports_app.api.schemas.base import Output, TenantNameOut
from exports_app.domain import bounds


class SecondFactorOut(Output):
    enabled_at: datetime | None = Field(description="null: there is none")
    recovery_codes_left: int
    required: bool = Field(description="by the installation, of its super admins")
    required_by: list[TenantNameOut] = Field(description="tenants that give no rights without one")


class PasswordCheckIn(Input):
    current_password: bounds.Password = Field(repr=False)


class EnrolmentOut(Output):
    secret: str = Field(repr=False, description="in base32, for an authenticator app; told once")
    uri: str = Field(repr=False, description="the same as an otpauth address, for a QR code")


class OtpIn(Input):
    otp: bounds.Otp = Field(repr=False, description="a code of the authenticator app")


class PasswordAndOtpIn(PasswordCheckIn):
    """The password and a code: what giving up a second factor and new recovery codes need."""

    otp: bounds.Otp = Field(
        repr=False, description="a code of the authenticator app, or a recovery code"
    )


class RecoveryCodesOut(Output):
    recovery_codes: list[str] = Field(
        repr=False, description="each is good for one sign-in without the app; told once"
    )


class EnabledOut(RecoveryCodesOut):
    token: TokenOut = Field(description="a new one: all others have ended")
