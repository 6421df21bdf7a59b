"""Users, their second factors, reset links and the messages about their accounts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exports_app.domain.runs.states import DeliveryStatus


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    password_hash: str = field(repr=False)
    is_active: bool = True
    is_super_admin: bool = False
    token_version: int = 0
    must_change_password: bool = False
    """Whether the password is a one-time one: they may do nothing but change it."""
    email_proven_at: datetime | None = None
    """When the account's mailbox was proven; None: never."""
    has_demo_password: bool = False
    """Whether the password is the demo's public one. A new password clears this."""
    one_time_expires_at: datetime | None = None
    """With must_change_password: when the one-time password expires; after its use, the instant of
    the use."""
    second_factor_at: datetime | None = None
    """Since when they have a second factor; None: they have none."""
    service_of: str | None = None
    """The tenant whose keys act as this account. It is no person: it cannot sign in, belongs to no
    members, and gets no mail."""


def service_address(tenant_id: str) -> str:
    """Stands where people have their email address. No address can be equal: it has no @."""
    return f"service:{tenant_id}"


@dataclass(frozen=True)
class SecondFactor:
    """A user's second factor (RFC 6238). It takes effect when its first code was entered.

    secret: encrypted. last_step: the latest period of 30 seconds whose code was used; codes of it
    and of earlier ones are refused.
    """

    user_id: str
    secret: str = field(repr=False)
    created_at: datetime
    last_step: int | None = None
    is_confirmed: bool = False


@dataclass(frozen=True)
class AccountMessage:
    """An email to a person about their account. Its id is its Message-ID; its link is computed when
    it is sent.

    kind, subject_id, generation: of the link (`account_links`). content: nothing secret.
    next_attempt_at: None where it is finished.
    """

    id: str
    kind: str
    subject_id: str
    generation: int
    target: str
    content: dict[str, Any]
    status: DeliveryStatus
    created_at: datetime
    attempts: int = 0
    error: str | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PasswordReset:
    """A link to set a new password. token_version: the user's when it was created; the link ends
    with the next version. sent_by: the super admin who sent it; None: requested on the sign-in
    page."""

    id: str
    user_id: str
    token_version: int
    created_at: datetime
    expires_at: datetime
    sent_by: str | None = None
