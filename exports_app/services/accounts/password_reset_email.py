"""The message with the link to set a new password."""

from datetime import datetime

from exports_app.domain import bidi
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Tenant, User
from exports_app.services.identity.account_messages import AccountEmail


def home_tenant(tx: Transaction, user: User) -> Tenant | None:
    """The tenant whose branding the message has: the user's only tenant."""
    tenants = list(tx.users.roles_of([user.id]).get(user.id, {}))
    return tenants[0] if len(tenants) == 1 else None


def reset_email(
    user: User, expires_at: datetime, sender: User | None, home: Tenant | None
) -> AccountEmail:
    asked = (
        f"{bidi.isolated(sender.name)} sent you a link to replace your password"
        if sender
        else "A new password was requested for your account"
    )
    signed_out = "All browsers will be signed out and access tokens end when you set it."
    ignore = "If you did not request it, ignore this message: your password will not change."
    return AccountEmail(
        title="Set a new password",
        lead=f"{asked}. Open the link and choose a new one. {signed_out}",
        button="Set a new password",
        expires_at=expires_at,
        why=f"This message was sent automatically to the owner of the account. {ignore}",
        facts=[("Account", user.email)],
        tenant=home,
    )
