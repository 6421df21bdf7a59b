"""Signing in, and who is signed in."""

from typing import Literal

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output, TenantNameOut
from exports_app.domain import bounds


class LoginIn(Input):
    email: kinds.Email
    password: kinds.Password = Field(repr=False)
    otp: bounds.Otp = Field(
        "",
        repr=False,
        description=(
            "For accounts with two-factor authentication: a code from the authenticator app, "
            "or a recovery code"
        ),
    )


class UserOut(Output):
    id: kinds.Uuid
    email: kinds.EmailOut | None = Field(
        description="null for the service account of a tenant's keys"
    )
    name: str
    is_super_admin: bool


class TokenOut(Output):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750's word, no secret)
    expires_in: int = Field(description="Lifetime in seconds")
    user: UserOut


class TenantOut(Output):
    id: kinds.Uuid
    slug: str
    name: str
    role: kinds.RoleOut
    permissions: list[kinds.PermissionOut]


class MeOut(Output):
    user: UserOut
    tenants: list[TenantOut]
    second_factor_missing_for: list[TenantNameOut] = Field(
        description=(
            "The user's tenants that require two-factor authentication, which the user has "
            "not set up"
        )
    )
    must_set_up_second_factor: bool = Field(
        description=(
            "Whether a super admin has no access until they set up two-factor authentication"
        )
    )


class ForgotPasswordIn(Input):
    email: kinds.Email


class ResetPasswordIn(Input):
    token: bounds.LinkToken = Field(
        repr=False, description="Token from the link: the part after the #"
    )
    new_password: kinds.Password = Field(repr=False)
