"""Signing in, and who presents an access token."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from exports_app import log
from exports_app.domain import api_keys, bounds
from exports_app.domain.access import (
    OF_INSTALLATION,
    SCOPES,
    Permission,
    Principal,
    Role,
    permissions_of,
)
from exports_app.domain.allowance import Allowance
from exports_app.domain.errors import (
    Busy,
    DemoIsLocal,
    FieldError,
    Invalid,
    InvalidToken,
    OneTimePasswordOver,
    OtpRequired,
    RightsChanged,
    TooManyRequests,
    Unauthenticated,
    WrongCredentials,
    WrongOtp,
)
from exports_app.services.audit import audit_log
from exports_app.services.audit.repeated_entries import RepeatedEntries
from exports_app.services.core import request_context
from exports_app.services.core.current_rights import by_key, signed_in
from exports_app.services.core.email_addresses import account_address
from exports_app.services.core.field_rules import xml_can_hold
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.rate_limits import RateLimit
from exports_app.services.core.records import Action, Tenant, User
from exports_app.services.identity import passwords
from exports_app.services.identity.access_tokens import AccessTokens, Token
from exports_app.services.identity.guess_limits import Guess, GuessLimits, Purpose
from exports_app.services.identity.key_uses import KeyUses
from exports_app.services.identity.known_browsers import KnownBrowsers
from exports_app.services.identity.one_time_passwords import OneTimePasswords
from exports_app.services.identity.password_hashing import hashing
from exports_app.services.keys.derived_keys import Keys


@dataclass(frozen=True)
class TenantRole:
    """A tenant that a user may see, and their role in it."""

    tenant: Tenant
    role: Role
    scopes: frozenset[Permission] = SCOPES

    @property
    def permissions(self) -> list[Permission]:
        """As far as the caller's key has them, where a key calls."""
        return sorted((permissions_of(self.role) - OF_INSTALLATION) & self.scopes)


def may_call(user: User) -> bool:
    """Accounts with the demo's public password may be used only on the server's own machine."""
    return user.is_active and (not user.has_demo_password or request_context.current().local)


def note_sign_in(tx: Transaction, user: User, now: datetime, *, with_: str) -> None:
    audit_log.note_user(
        tx, Principal(user.id), Action.SIGNED_IN, None, user, now, **{"with": with_}
    )


class Auth:
    """super_admins_need_otp: see `signed_in`."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        keys: Keys,
        guesses: GuessLimits,
        api_limit: RateLimit,
        notes: RepeatedEntries,
        token_lifetime: timedelta,
        otps: OneTimePasswords,
        key_uses: KeyUses,
        *,
        super_admins_need_otp: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._notes = notes
        self._guesses = guesses
        self._api_limit = api_limit
        self._otps = otps
        self._key_uses = key_uses
        self._tokens = AccessTokens(clock, keys, token_lifetime)
        self._browsers = KnownBrowsers(clock, keys)
        self.super_admins_need_otp = super_admins_need_otp

    def login(
        self, email: str, password: str, address: str, known: str = "", otp: str = ""
    ) -> Token:
        """otp: of those who have a second factor. Raises what `verify` and `check_otp` raise, and
        Unavailable while the sign-in cannot be noted."""
        user = self.verify(email, password, address, known)
        self.check_otp(user, otp, address, known)
        with self._store.write() as tx:
            note_sign_in(tx, user, self._clock(), with_="an access token")
        return self.token_for(user)

    def check_otp(self, user: User, otp: str, address: str, known: str = "") -> None:
        """Call it after the password was right. address, known: as for `verify`. Raises OtpRequired
        where the user has a second factor and otp is empty; WrongOtp, TooManyRequests and
        OneTimePasswordOver, which are noted."""
        if user.second_factor_at is None:
            return
        if not otp:
            raise OtpRequired
        try:
            self._check_otp(user, otp, address, known)
        except (WrongOtp, OneTimePasswordOver):
            self._notes.failed_sign_in(user.email)
            raise
        except TooManyRequests as e:
            self._notes.slowed_sign_in(user.email, e.retry_after)
            raise

    def _check_otp(self, user: User, otp: str, address: str, known: str) -> None:
        self._check_one_time(user)  # first, so that no code is used up in vain
        browser = self._browsers.recognize(user, known)
        guess = self.guess(Purpose.SECOND_FACTOR, user.email, address, browser)
        if not self._otps.use(user, otp):
            raise WrongOtp
        guess.right()
        if user.must_change_password:
            self._use_one_time(user)

    def signed_in(self, tx: Transaction, user: User) -> Principal:
        """As `current_rights.signed_in`, with the installation's rule."""
        return signed_in(tx, user, super_admins_need_otp=self.super_admins_need_otp)

    def token_for(self, user: User) -> Token:
        return self._tokens.issue(user)

    def guess(self, purpose: Purpose, email: str, address: str, browser: str = "") -> Guess:
        """Call it before a secret of this account is checked, and `right` on the result if the
        secret was right. Raises TooManyRequests. address: of the client. browser: as for
        `GuessLimits.begin`."""
        return self._guesses.begin(purpose, email, address, browser)

    def check_current(self, who: Principal, user: User, password: str) -> None:
        """Check the current password of a signed-in user. Wrong ones are limited, so that it cannot
        be guessed with a stolen session, and noted. Raises Invalid, TooManyRequests."""
        address = request_context.current().address
        try:
            # First, so that a caller who has to wait takes no place in the hashing queue
            self._guesses.look(Purpose.CURRENT_PASSWORD, user.email, address)
            with hashing.place(user.email, known=True):
                guess = self.guess(Purpose.CURRENT_PASSWORD, user.email, address)
                right = passwords.matches(password, user.password_hash)
        except Busy:
            raise
        except TooManyRequests as e:
            self._notes.wrong_current_password(who, user, e.retry_after)
            raise
        if not right:
            self._notes.wrong_current_password(who, user)
            raise Invalid([FieldError("/currentPassword", "this is not your password")])
        guess.right()

    def mark_browser(self, user: User, known: str) -> str:
        """The next value of KNOWN_COOKIE in a browser in which the user has signed in. known: its
        value so far."""
        return self._browsers.mark(user, known)

    def verify(self, email: str, password: str, address: str, known: str = "") -> User:
        """address: of the client. known: the value of KNOWN_COOKIE. Raises WrongCredentials, the
        same for an unknown user; DemoIsLocal, OneTimePasswordOver and TooManyRequests. Failures
        are noted, except Busy."""
        if len(email) > bounds.ADDRESS or len(password) > bounds.PASSWORD:
            raise WrongCredentials  # not noted: no account has such an address
        try:
            return self._verify(email, password, address, known)
        except Busy:
            raise
        except (WrongCredentials, DemoIsLocal, OneTimePasswordOver):
            self._notes.failed_sign_in(email)
            raise
        except TooManyRequests as e:
            self._notes.slowed_sign_in(email, e.retry_after)
            raise

    def _verify(self, email: str, password: str, address: str, known: str) -> User:
        email = account_address(email)
        with self._store.read() as tx:
            # PostgreSQL refuses NUL in text
            user = tx.users.by_email(email) if xml_can_hold(email) else None
        active = user is not None and user.is_active
        browser = self._browsers.recognize(user, known)
        # First, so that a caller who has to wait takes no place in the hashing queue
        familiar = self._guesses.look(Purpose.PASSWORD, email, address, browser)
        # Before the guess is counted: a caller whom the queue refuses has not guessed
        with hashing.place(email, known=familiar):
            guess = self.guess(Purpose.PASSWORD, email, address, browser)
            right = passwords.matches(
                password, user.password_hash if user is not None and active else None
            )
        if not right or user is None:
            raise WrongCredentials
        if not may_call(user):
            raise DemoIsLocal
        guess.right()
        self._check_one_time(user)
        # With a second factor `check_otp` uses it up
        if user.must_change_password and user.second_factor_at is None:
            self._use_one_time(user)
        return user

    def _check_one_time(self, user: User) -> None:
        """Without using it up. Raises OneTimePasswordOver."""
        expires = user.one_time_expires_at
        if user.must_change_password and (expires is None or expires <= self._clock()):
            raise OneTimePasswordOver

    def _use_one_time(self, user: User) -> None:
        """It works once: of two sign-ins at the same time one succeeds. Call it after the password
        was right."""
        with self._store.write() as tx:
            if not tx.users.use_one_time(user, self._clock()):
                raise OneTimePasswordOver

    def principal(self, token: str) -> Principal:
        """Who presents the token, as `call`."""
        return self.call(token)[0]

    def call(self, token: str) -> tuple[Principal, Allowance]:
        """Who presents the token, with their rights as of now, and how many calls they have left.
        Raises InvalidToken, DemoIsLocal, and TooManyRequests as `count_call`."""
        who = self._who(token)
        left = self.count_call(who)
        if who.key is not None:
            log.note(key=who.key.id)
            self._key_uses.note(who.key.id)
        return who, left

    def check_unchanged(self, token: str, who: Principal) -> None:
        """Check that the token still gives the same rights. Raises InvalidToken, DemoIsLocal,
        RightsChanged."""
        if self._who(token) != who:
            raise RightsChanged

    def _who(self, token: str) -> Principal:
        if api_keys.is_like_key(token):
            return self._who_by_key(token)
        claims = self._tokens.claims(token)
        with self._store.read() as tx:
            user = tx.users.get(claims["sub"])
            if user is None or not user.is_active or user.token_version != claims.get("ver"):
                raise InvalidToken
            if not may_call(user):
                raise DemoIsLocal
            began = datetime.fromtimestamp(claims["iat"], UTC)
            return replace(self.signed_in(tx, user), signed_in_at=began)

    def _who_by_key(self, text: str) -> Principal:
        if not api_keys.is_whole(text):
            raise InvalidToken
        with self._store.read() as tx:
            key = tx.api_keys.by_hash(api_keys.hash_of(text))
            user = tx.users.get(key.user_id) if key and key.is_live(self._clock()) else None
            if key is None or user is None or not user.is_active:
                raise InvalidToken
            if not may_call(user):
                raise DemoIsLocal
            need = self.super_admins_need_otp
            return by_key(tx, user, key, super_admins_need_otp=need)

    def count_call(self, who: Principal) -> Allowance:
        """Count a call through the API or a page. Raises TooManyRequests."""
        return self._api_limit.take(*who.counted_as)

    def withheld(self, who: Principal) -> list[Tenant]:
        """Tenants of theirs that give no rights until they have a second factor, by slug."""
        if not who.withheld:
            return []
        with self._store.read() as tx:
            return tx.tenants.within(who.withheld)

    def me(self, who: Principal) -> tuple[User, list[TenantRole]]:
        """The user and the tenants they may see, with their role in each."""
        with self._store.read() as tx:
            user = tx.users.get(who.user_id)
            everywhere = who.key.tenants if who.key else None
            tenants = tx.tenants.within(everywhere if who.is_super_admin else frozenset(who.roles))
        if user is None:
            raise Unauthenticated
        scopes = who.key.scopes if who.key else SCOPES
        return user, [TenantRole(t, role, scopes) for t in tenants if (role := who.role(t.id))]
