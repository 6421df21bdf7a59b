"""An account, as the page shows it."""

from dataclasses import dataclass

from exports_app.services.accounts.administration import UserAccount
from exports_app.ui.framework.session import ROLES


@dataclass
class UserItem:
    id: str
    name: str
    email: str
    belongs: str
    """To which tenants, as what, in words."""
    active: bool
    has_factor: bool
    """A second factor."""
    is_super: bool
    is_me: bool


def row(account: UserAccount, me: str) -> UserItem:
    roles = ", ".join(f"{tenant.name} ({ROLES[role].lower()})" for tenant, role in account.roles)
    user = account.user
    belongs = "every tenant" if user.is_super_admin else roles or "no tenant"
    return UserItem(
        user.id,
        user.name,
        user.email,
        belongs,
        user.is_active,
        user.second_factor_at is not None,
        user.is_super_admin,
        user.id == me,
    )
