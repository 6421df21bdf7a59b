"""The links of password resets: adding, replacing, and creating one for a request on the sign-in
page."""

from datetime import datetime, timedelta

from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import AccountMessage, Action, PasswordReset
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.account_links import AccountLink, LinkKind

ASKED_LIFETIME = timedelta(minutes=30)
"""Lifetime of a link that was requested on the sign-in page."""
KIND = LinkKind.PASSWORD_RESET
BEGUN = "begun"
"""Key in the content of a message whose link was created."""
NOT_SIGNED_IN = "someone not signed in"
"""The actor of a request, in the audit."""


def reset_link(reset: PasswordReset, *, mailed: bool) -> AccountLink:
    return AccountLink(KIND, reset.id, 1, reset.expires_at, mailed)


def add_reset(tx: Transaction, reset: PasswordReset, now: datetime) -> None:
    """Add a reset, and remove expired ones; a super admin's also replaces those that super admins
    sent before."""
    others = tx.password_resets.of_user(reset.user_id)
    ended = [
        other.id for other in others if other.expires_at <= now or (reset.sent_by and other.sent_by)
    ]
    tx.password_resets.remove(ended)
    tx.password_resets.add(reset)


def begin_reset(tx: Transaction, message: AccountMessage, now: datetime) -> PasswordReset | None:
    """Create the requested reset; None where there is no active account.

    The demo's accounts get none: their addresses belong to other people on the internet.
    """
    user = tx.users.by_email(message.target)
    if user is None or not user.is_active or user.has_demo_password:
        return None
    tx.users.get(user.id, lock=True)
    if not tx.account_messages.change(message, {"content": message.content | {BEGUN: True}}):
        raise ExportsError("another process sends this message")
    expires_at = message.created_at + ASKED_LIFETIME
    reset = PasswordReset(
        message.subject_id, user.id, user.token_version, message.created_at, expires_at
    )
    add_reset(tx, reset, now)
    with request_context.use(RequestContext(**message.content)):  # of the original request
        audit_log.note(
            tx,
            NOT_SIGNED_IN,
            Action.RESET_REQUESTED,
            now,
            tenant_id=None,
            subject_id=user.id,
            subject_name=user.email,
        )
    return reset
