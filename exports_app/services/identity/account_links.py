"""Links for one action on an account without signing in: accept an invitation, set a new password.

A link is computed from the database when it is sent or shown, and stored nowhere. The same rows
give the same link, so a message that is sent again has the same link.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import jwt
from jwt.types import Options

from exports_app.domain import bounds
from exports_app.domain.errors import LinkNotValid
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Clock
from exports_app.services.keys.derived_keys import ACCOUNT_LINKS, Keys

ALGORITHM = "HS256"


class LinkKind(StrEnum):
    """What a link is for. A link of one kind is not valid for another."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105  (a name)


KEY_EXPIRY = "key_expiry"
"""The kind of messages about API keys that expire. They open a page, without a link of their
own."""
WEBHOOK_FAILING, WEBHOOK_DISABLED = "webhook_failing", "webhook_disabled"
"""The kinds of messages about webhooks, which open a page too."""
MESSAGES = (*LinkKind, KEY_EXPIRY, WEBHOOK_FAILING, WEBHOOK_DISABLED)
"""The kinds of messages that this version sends."""

PATHS = {LinkKind.INVITATION: "/invitation", LinkKind.PASSWORD_RESET: "/reset-password"}
"""The pages that take a link's token. It follows a #, a part that browsers send to no server."""


@dataclass(frozen=True)
class AccountLink:
    """subject_id: of the invitation or the password reset. generation: raised when a new link
    replaces older ones. mailed: whether it was sent to the mailbox, which proves that its user
    reads the mailbox; else a person passed it on."""

    kind: LinkKind
    subject_id: str
    generation: int
    expires_at: datetime
    mailed: bool


class AccountLinks:
    """base_url: before the path, e.g. https://example.com"""

    def __init__(self, keys: Keys, clock: Clock, base_url: str) -> None:
        self._keys = keys
        self._clock = clock
        self._base_url = base_url.rstrip("/")

    def url(self, link: AccountLink) -> str:
        """A secret: send it to the mailbox or show it once, and never log or store it."""
        return f"{self._base_url}{PATHS[link.kind]}#{self.token(link)}"

    def page(self, path: str) -> str:
        """The address of a page, which has nothing secret."""
        return f"{self._base_url}{path}"

    def token(self, link: AccountLink) -> str:
        claims = {
            "aud": link.kind.value,
            "sub": link.subject_id,
            "gen": link.generation,
            "exp": int(link.expires_at.timestamp()),
            "mailed": link.mailed,
        }
        return jwt.encode(claims, self._keys.current(ACCOUNT_LINKS), ALGORITHM)

    def read(self, kind: LinkKind, token: str) -> AccountLink:
        """The content of a valid token. Raises LinkNotValid for any other, one of another kind, and
        an expired one.

        Whether the link was used, revoked or replaced is in its subject's row.
        """
        claims = self._claims(kind, token) if len(token) <= bounds.LINK_TOKEN else None
        if claims is None:
            raise LinkNotValid
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if expires_at <= self._clock() or not is_uuid(claims["sub"]):
            raise LinkNotValid
        return AccountLink(kind, claims["sub"], claims["gen"], expires_at, claims["mailed"])

    def _claims(self, kind: LinkKind, token: str) -> dict[str, Any] | None:
        # The time is checked by our own clock, which the database sets
        options: Options = {"require": ["exp", "aud", "sub"], "verify_exp": False}
        for key in self._keys.accepted(ACCOUNT_LINKS):
            try:
                return jwt.decode(token, key, [ALGORITHM], options, audience=kind.value)
            except (jwt.PyJWTError, ValueError):
                continue
        return None
