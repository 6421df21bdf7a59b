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
    """It was given to them: until then they may do nothing else."""
    email_proven_at: datetime | None = None
    """When the account's owner showed that they read its mailbox; None: never."""
    has_demo_password: bool = False
    """The public one. Every later write of a password clears this."""
    one_time_expires_at: datetime | None = None
    """With must_change_password: until when the one-time password may be used; the instant of its
    use, once it was."""
    second_factor_at: datetime | None = None
    """Since when they have a second factor; None: they have none."""


@dataclass(frozen=True)
class SecondFactor:
    """Of a user: what their authenticator app knows too (RFC 6238). It counts once its first code
    was given.

    secret: encrypted. last_step: the newest period of 30 seconds whose code was used; no code of it
    or before counts again.
    """

    user_id: str
    secret: str = field(repr=False)
    created_at: datetime
    last_step: int | None = None
    is_confirmed: bool = False


@dataclass(frozen=True)
class AccountMessage:
    """An email to a person about their account; its id is its Message-ID. The link is made when it
    is sent.

    kind, subject_id, generation: of the link (`account_links`). content: nothing secret.
    next_attempt_at: when it is sent, or sent again; None: it has its end.
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
    """A link to set a new password. token_version: the user's when it was made; the link ends with
    the next one. sent_by: the super admin who made it; None: it was asked for on the sign-in
    page."""

    id: str
    user_id: str
    token_version: int
    created_at: datetime
    expires_at: datetime
    sent_by: str | None = None
