"""Setting a new password by a link, which is requested on the sign-in page or sent by a super
admin."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    LinkNotValid,
    MailNotSet,
)
from exports_app.services.accounts import previous_holder
from exports_app.services.accounts.password_reset_email import home_tenant, reset_email
from exports_app.services.accounts.password_reset_links import (
    BEGUN,
    KIND,
    add_reset,
    begin_reset,
    reset_link,
)
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.change_events import Change, Changes
from exports_app.services.core.email_addresses import (
    account_address,
    valid_address,
    what_is_wrong,
)
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.network_addresses import network
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import (
    AccountMessage,
    Action,
    PasswordReset,
    User,
    new_id,
)
from exports_app.services.identity import passwords
from exports_app.services.identity.account_links import AccountLink, AccountLinks
from exports_app.services.identity.account_messages import AccountEmail, AccountMessages
from exports_app.services.identity.authentication import Auth
from exports_app.services.identity.guess_limits import GuessLimits
from exports_app.services.identity.known_browsers import KnownBrowsers
from exports_app.services.identity.refused_links import RefusedLinks
from exports_app.services.keys.derived_keys import Keys

SENT_LIFETIME = timedelta(hours=24)
"""Lifetime of a link that a super admin sends or passes on."""
SOURCE_RATE = "5/30 minutes"
"""Requests for a link to one account, from one network or from all its known browsers together."""
ACCOUNT_RATE = "10/30 minutes"
"""Requests for a link to one account.

This limit and SOURCE_RATE last as long as a link works: where strangers have used them up, the
owner's mailbox holds a link that still works."""
ADDRESS_RATE = "30/hour"
"""Requests for a link, from one network."""
KNOWN_BROWSERS = "known browsers"
"""Counted in place of a network: whoever once had the password may have many known browsers."""
TRY_RATE = "30/minute"
"""Uses of a link, from one network."""


@dataclass(frozen=True)
class SentReset:
    """A super admin's link. url: None where it was mailed; else shown once, to be passed on."""

    user: User
    expires_at: datetime
    url: str | None = field(default=None, repr=False)


class PasswordResets:
    """All links of an account end when one is used, when the account is signed out everywhere or
    deactivated, and when its password changes.

    A link requested on the sign-in page ends no other, since anyone may request one. A super
    admin's link ends those that super admins sent before, and ends when its sender is deactivated.
    """

    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        keys: Keys,
        links: AccountLinks,
        mail: AccountMessages,
        counts: Counts,
        refused: RefusedLinks,
        guesses: GuessLimits,
        auth: Auth,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._links = links
        self._mail = mail
        self._refused = refused
        self._guesses = guesses
        self._auth = auth
        self._browsers = KnownBrowsers(clock, keys)
        self._by_source = RateLimit(SOURCE_RATE, counts, "reset-source")
        self._by_account = RateLimit(ACCOUNT_RATE, counts, "reset-account")
        self._by_address = RateLimit(ADDRESS_RATE, counts, "reset-address")
        self._tries = RateLimit(TRY_RATE, counts, "reset-try")
        mail.register(KIND, self._compose)

    def available(self) -> bool:
        """Whether links can be mailed; if not, a super admin has to create them."""
        return self._mail.available()

    def request(self, email: str, known: str = "") -> None:
        """Mail a link to the active account of this address, if there is one.

        Does the same work for every address: it writes one message, which the engine drops where
        there is no such account. known: the value of KNOWN_COOKIE, see `KnownBrowsers`. Raises
        Invalid for a wrong address, MailNotSet without a mail server, TooManyRequests.
        """
        if not self._mail.available():
            raise MailNotSet
        try:
            address = account_address(valid_address(email))
        except EmailNotValidError as e:
            raise Invalid([FieldError("/email", what_is_wrong(e))]) from None
        context = request_context.current()
        with self._store.read() as tx:
            account = tx.users.by_email(address)
        self._limit(
            address, network(context.address), known=bool(self._browsers.recognize(account, known))
        )
        with self._store.write() as tx:
            self._mail.send(
                tx, KIND, new_id(), address, address=context.address, request_id=context.request_id
            )

    def _limit(self, account: str, source: str, *, known: bool) -> None:
        """known: whether the account knows the browser."""
        if not known:
            # First, so that a refused request is not counted for the account
            self._by_address.hit(source)
        self._by_source.hit(account, KNOWN_BROWSERS if known else source)
        if not known:
            self._by_account.hit(account)

    def send(self, tx: Transaction, user: User, by: Principal) -> SentReset:
        """A super admin's link: mailed, or returned where there is no mail server. Also returned
        for a demo account, whose address belongs to someone else on the internet."""
        now = self._clock()
        reset = PasswordReset(
            new_id(), user.id, user.token_version, now, now + SENT_LIFETIME, by.user_id
        )
        add_reset(tx, reset, now)
        if self._mail.available() and not user.has_demo_password:
            self._mail.send(tx, KIND, reset.id, user.email, sent_by=by.user_id)
            return SentReset(user, reset.expires_at)
        return SentReset(user, reset.expires_at, self._links.url(reset_link(reset, mailed=False)))

    def check(self, token: str) -> str:
        """The email address of the link's account. Raises LinkNotValid where `reset` would, so that
        a page asks for no password in vain; TooManyRequests. Both are noted."""
        with self._refused.noted(KIND, token):
            return self._check(token)

    def _check(self, token: str) -> str:
        self._tries.hit(network(request_context.current().address))
        with self._store.read() as tx:
            return self._valid(tx, self._links.read(KIND, token))[1].email

    def reset(self, token: str, password: str) -> None:
        """Set the password, and end all sessions and tokens of the account. It signs nobody in, but
        a sign-in from the caller's network needs no wait. A mailed link that proves the mailbox for
        the first time ends what a previous holder set up (`previous_holder`).

        Raises LinkNotValid, the same for a used, replaced or unknown link; Invalid for a password
        that is not allowed; TooManyRequests. The first and the last are noted.
        """
        with self._refused.noted(KIND, token):
            self._reset(token, password)

    def _reset(self, token: str, password: str) -> None:
        self._tries.hit(network(request_context.current().address))
        link = self._links.read(KIND, token)
        with self._store.read() as tx:
            reset, user = self._valid(tx, link)
        passwords.check(password, "/newPassword", user.email, user.name)
        # Slow, so before the transaction
        hashed = passwords.hash_password(password, user.email)
        with self._store.write() as tx:
            tx.users.get(reset.user_id, lock=True)
            reset, user = self._valid(tx, link)
            tx.password_resets.remove([other.id for other in tx.password_resets.of_user(user.id)])
            now = self._clock()
            values: dict[str, Any] = {
                "password_hash": hashed,
                "must_change_password": False,
                "one_time_expires_at": None,
                "token_version": user.token_version + 1,
            }
            # A passed-on link proves nothing about the mailbox
            if link.mailed:
                values["email_proven_at"] = now
            tx.users.update(user.id, values)
            sender = tx.users.get(reset.sent_by) if reset.sent_by else None
            detail = {"mailed": link.mailed} | ({"sent_by": sender.name} if sender else {})
            audit_log.note_user(
                tx, Principal(user.id), Action.PASSWORD_RESET, None, user, now, **detail
            )
            changes = list[Change]()
            # Only the command line creates super admins: their accounts have no previous holder
            if link.mailed and user.email_proven_at is None and not user.is_super_admin:
                changes = previous_holder.end(tx, user, now)
        for change in changes:
            self._changes.publish(change)
        self._guesses.trust_network(user.email, request_context.current().address)

    def _valid(self, tx: Transaction, link: AccountLink) -> tuple[PasswordReset, User]:
        reset = tx.password_resets.get(link.subject_id)
        user = tx.users.get(reset.user_id) if reset else None
        if reset is None or user is None or user.token_version != reset.token_version:
            raise LinkNotValid
        if not user.is_active and reset.sent_by is None:
            raise LinkNotValid
        if not self._sender_may(tx, reset):
            raise LinkNotValid
        return reset, user

    def _sender_may(self, tx: Transaction, reset: PasswordReset) -> bool:
        """Whether its sender is still a super admin; True where it was requested on the sign-in
        page."""
        if reset.sent_by is None:
            return True
        sender = tx.users.get(reset.sent_by)
        return (
            sender is not None
            and sender.is_active
            and self._auth.signed_in(tx, sender).is_super_admin
        )

    def _compose(
        self, tx: Transaction, message: AccountMessage, now: datetime
    ) -> AccountEmail | None:
        reset = tx.password_resets.get(message.subject_id)
        asked = "sent_by" not in message.content
        # Once: a later attempt must not create a link again that was used meanwhile
        if reset is None and asked and BEGUN not in message.content:
            reset = begin_reset(tx, message, now)
        user = tx.users.get(reset.user_id) if reset else None
        if reset is None or user is None or user.token_version != reset.token_version:
            return None
        if not self._sender_may(tx, reset):
            return None
        sender = tx.users.get(reset.sent_by) if reset.sent_by else None
        return reset_email(user, reset.expires_at, sender, home_tenant(tx, user))
