"""Settings: the user's own account, a tenant's people and looks, and the installation."""

from exports_app.ui.pages.settings.account import view as account
from exports_app.ui.pages.settings.audit import view as audit
from exports_app.ui.pages.settings.data import view as data
from exports_app.ui.pages.settings.destinations import view as destinations
from exports_app.ui.pages.settings.email import view as email
from exports_app.ui.pages.settings.feeds import view as feeds
from exports_app.ui.pages.settings.keys import view as keys
from exports_app.ui.pages.settings.members import view as members
from exports_app.ui.pages.settings.tenant import view as tenant
from exports_app.ui.pages.settings.users import view as users

__all__ = [
    "account",
    "audit",
    "data",
    "destinations",
    "email",
    "feeds",
    "keys",
    "members",
    "tenant",
    "users",
]
