"""One's own account."""

from datetime import datetime

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.auth import UserOut
from exports_app.api.schemas.base import Output, TenantNameOut
from exports_app.domain import bounds


class AccountOut(UserOut):
    is_active: bool
    second_factor_at: datetime | None = Field(
        description="when they turned on two-factor authentication; null: it is off"
    )
    must_change_password: bool = Field(
        description="it was given to them: nothing else is allowed until then"
    )


class PasswordIn(Input):
    current_password: bounds.Password = Field(repr=False)
    new_password: bounds.Password = Field(repr=False)


class SessionOut(Output):
    id: str
    device: str = Field(description="what the browser called itself")
    created_at: datetime
    last_used_at: datetime = Field(description="to some minutes")


class SessionsOut(Output):
    items: list[SessionOut]


class PersonOut(Output):
    id: str
    name: str


class LeavingOut(Output):
    tenant: TenantNameOut
    role: str
    scheduled_exports: int = Field(description="how many of the tenant's the caller owns")
    successors: list[PersonOut] = Field(description="who may own them, for `schedulesTo`")
