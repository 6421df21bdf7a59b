"""Two-factor authentication of one's own account."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.auth import TokenOut
from exports_app.api.schemas.base import At, Output, TenantNameOut
from exports_app.domain import bounds


class SecondFactorOut(Output):
    enabled_at: At | None = Field(
        description="When two-factor authentication was turned on; null if it is off"
    )
    recovery_codes_left: int
    required: bool = Field(description="Whether the installation requires it of super admins")
    required_by: list[TenantNameOut] = Field(
        description="Tenants that give no access without two-factor authentication"
    )


class PasswordCheckIn(Input):
    current_password: kinds.Password = Field(repr=False)


class EnrolmentOut(Output):
    secret: str = Field(
        repr=False, description="Secret for an authenticator app, in base32. Shown once"
    )
    uri: kinds.UriOut = Field(repr=False, description="The secret as an otpauth URI, for a QR code")


class OtpIn(Input):
    otp: bounds.Otp = Field(repr=False, description="Code from the authenticator app")


class PasswordAndOtpIn(PasswordCheckIn):
    """Password and code: required to turn off two-factor authentication, and to create new recovery
    codes."""

    otp: bounds.Otp = Field(
        repr=False, description="Code from the authenticator app, or a recovery code"
    )


class RecoveryCodesOut(Output):
    recovery_codes: list[str] = Field(
        repr=False, description="Each works for one sign-in without the app. Shown once"
    )


class EnabledOut(RecoveryCodesOut):
    token: TokenOut = Field(description="A new token: all others were revoked")
