"""A super admin's view of the accounts."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.account import AccountOut
from exports_app.api.schemas.base import At, Output, PageOut


class UserTenantOut(Output):
    id: kinds.Uuid
    slug: str
    name: str
    role: kinds.RoleOut


class UserAccountOut(AccountOut):
    tenants: list[UserTenantOut]


class UsersOut(PageOut):
    items: list[UserAccountOut]


class UserChange(Input):
    is_active: bool


class ResetOut(Output):
    expires_at: At
    link: str | None = Field(
        repr=False, description="Link to share, shown once; null if it was emailed to the user"
    )
