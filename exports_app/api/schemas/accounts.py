"""Accounts: signing in, one's own, and a super admin's view of them."""

from datetime import datetime

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Output, TenantNameOut
from exports_app.domain import bounds


class LoginIn(Input):
    email: bounds.Address
    password: bounds.Password = Field(repr=False)
    otp: bounds.Otp = Field(
        "",
        repr=False,
        description="a code of the second factor, or a recovery code; of accounts that have one",
    )


class UserOut(Output):
    id: str
    email: str
    name: str
    is_super_admin: bool


class TokenOut(Output):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (RFC 6750's word, no secret)
    expires_in: int = Field(description="seconds")
    user: UserOut


class TenantOut(Output):
    id: str
    slug: str
    name: str
    role: str
    permissions: list[str]


class MeOut(Output):
    user: UserOut
    tenants: list[TenantOut]
    second_factor_missing_for: list[TenantNameOut] = Field(
        description="tenants of theirs that give no rights until they have a second factor"
    )
    must_set_up_second_factor: bool = Field(
        description="a super admin who has no rights until then"
    )


class AccountOut(UserOut):
    is_active: bool
    second_factor_at: datetime | None = Field(
        description="since when they have a second factor; null: they have none"
    )
    must_change_password: bool = Field(
        description="it was given to them: nothing else is allowed until then"
    )


class UserTenantOut(Output):
    id: str
    slug: str
    name: str
    role: str


class UserAccountOut(AccountOut):
    tenants: list[UserTenantOut]


class UsersOut(Output):
    items: list[UserAccountOut]
    total: int
    page: int
    size: int


class PasswordIn(Input):
    current_password: bounds.Password = Field(repr=False)
    new_password: bounds.Password = Field(repr=False)


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


class SessionOut(Output):
    id: str
    device: str = Field(description="what the browser called itself")
    created_at: datetime
    last_used_at: datetime = Field(description="to some minutes")


class SessionsOut(Output):
    items: list[SessionOut]


class UserChange(Input):
    is_active: bool


class ForgotPasswordIn(Input):
    email: bounds.Address


class ResetPasswordIn(Input):
    token: bounds.LinkToken = Field(repr=False, description="of the link: what stands behind its #")
    new_password: bounds.Password = Field(repr=False)


class ResetOut(Output):
    expires_at: datetime
    link: str | None = Field(
        repr=False, description="to be handed on, shown once; null: it was mailed to the user"
    )


class PersonOut(Output):
    id: str
    name: str


class LeavingOut(Output):
    tenant: TenantNameOut
    role: str
    scheduled_exports: int = Field(description="how many of the tenant's the caller owns")
    successors: list[PersonOut] = Field(description="who may own them, for `schedulesTo`")
