"""A super admin's view of the accounts."""

from pydantic import Field

from exports_app.api.schemas import kinds
from exports_app.api.schemas.account import AccountOut
from exports_app.api.schemas.base import At, Output, PageOut
from exports_app.api.schemas.changes import Fixed, PartialInput
from exports_app.api.schemas.patches import patch_of


class UserTenantOut(Output):
    id: kinds.Uuid
    slug: str
    name: str
    role: kinds.RoleOut


class UserAccountOut(AccountOut):
    tenants: list[UserTenantOut]


class UsersOut(PageOut):
    items: list[UserAccountOut]


class UserChange(PartialInput):
    """Only isActive can be changed."""

    id: Fixed = None
    email: Fixed = None
    name: Fixed = None
    is_super_admin: Fixed = None
    second_factor_at: Fixed = None
    must_change_password: Fixed = None
    tenants: Fixed = None
    is_active: bool


UserPatch = patch_of(UserChange, "UserPatch", {})


class ResetOut(Output):
    expires_at: At
    link: kinds.UriOut | None = Field(
        repr=False, description="Link to share, shown once; null if it was emailed to the user"
    )
