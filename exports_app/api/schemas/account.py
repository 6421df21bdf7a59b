"""One's own account."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.auth import UserOut
from exports_app.api.schemas.base import At, Output, TenantNameOut


class AccountOut(UserOut):
    is_active: bool
    second_factor_at: At | None = Field(
        description="When two-factor authentication was turned on; null if it is off"
    )
    must_change_password: bool = Field(
        description=(
            "The password is a one-time password: nothing else is allowed until it is changed"
        )
    )


class PasswordIn(Input):
    current_password: kinds.Password = Field(repr=False)
    new_password: kinds.Password = Field(repr=False)


class SessionOut(Output):
    id: kinds.Uuid
    device: str = Field(description="Browser and system, as sent by the browser")
    created_at: At
    last_used_at: At = Field(description="Accurate to a few minutes")


class SessionsOut(Output):
    items: list[SessionOut]


class PersonOut(Output):
    id: kinds.Uuid
    name: str


class LeavingOut(Output):
    tenant: TenantNameOut
    role: kinds.RoleOut
    scheduled_exports: int = Field(
        description="Number of the tenant's scheduled exports that you own"
    )
    successors: list[PersonOut] = Field(
        description="Members who can take them over, for `schedulesTo`"
    )
