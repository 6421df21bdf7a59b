"""A user's own second factor: setting it up, renewing recovery codes, disabling it."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from exports_app.domain.access import Principal, require_person
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    OwnPasswordFirst,
    SecondFactorNotBegun,
    SecondFactorOff,
    SecondFactorOn,
    TooManyRequests,
    Unauthenticated,
)
from exports_app.services.audit import audit_log
from exports_app.services.audit.repeated_entries import RepeatedEntries
from exports_app.services.core import request_context
from exports_app.services.core.current_rights import check_sign_in
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, SecondFactor, Tenant, User
from exports_app.services.identity import one_time_passwords
from exports_app.services.identity.access_tokens import Token
from exports_app.services.identity.authentication import Auth
from exports_app.services.identity.guess_limits import Guess, Purpose
from exports_app.services.identity.one_time_passwords import OneTimePasswords
from exports_app.services.keys.encryption import Encryption

WRONG = FieldError("/otp", "this code is wrong, expired or already used: enter the newest one")


@dataclass(frozen=True)
class State:
    """enabled_at: None where there is none. required: by the installation. required_by: tenants
    that require one."""

    enabled_at: datetime | None
    recovery_codes_left: int
    required: bool
    required_by: list[Tenant]


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs. uri: the content of its QR code (otpauth)."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class Enabled:
    recovery_codes: list[str] = field(repr=False)
    token: Token


class SecondFactors:
    """Wrong passwords and codes, and the waits after them, are noted in the audit."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        auth: Auth,
        encryption: Encryption,
        otps: OneTimePasswords,
        notes: RepeatedEntries,
    ) -> None:
        self._store = store
        self._clock = clock
        self._auth = auth
        self._notes = notes
        self._encryption = encryption
        self._otps = otps

    def state(self, who: Principal) -> State:
        """Raises Unauthenticated where the user is gone."""
        with self._store.read() as tx:
            user = _user(tx, who)
            asking = tx.users.roles_that_need_a_second_factor(user.id)
            tenants = tx.tenants.within(asking)
            left = tx.second_factors.recovery_codes_left(user.id) if user.second_factor_at else 0
        required = user.is_super_admin and self._auth.super_admins_need_otp
        return State(user.second_factor_at, left, required, tenants)

    def begin(self, who: Principal, password: str) -> Enrolment:
        """Create a secret, which is returned only here. It takes effect with `confirm`. Raises
        Conflict where there is a second factor already, OwnPasswordFirst with a one-time password,
        Invalid for a wrong password, TooManyRequests."""
        user = self._checked(who, password)
        secret = one_time_passwords.new_secret()
        with self._store.write() as tx:
            _check_may_enrol(_user(tx, who, lock=True))
            tx.second_factors.put(
                SecondFactor(user.id, self._encryption.encrypt(secret), self._clock())
            )
        return Enrolment(secret, one_time_passwords.uri(secret, user.email))

    def confirm(self, who: Principal, code: str, session: str = "") -> Enabled:
        """Enable the second factor with the first code of the app. Other browsers' sessions and all
        tokens end. session: the id of the browser's session that stays. Raises Conflict without
        `begin`; OwnPasswordFirst as `begin`; Invalid for a wrong code; TooManyRequests."""
        codes = one_time_passwords.new_recovery_codes()
        with self._store.read() as tx:
            user = _user(tx, who)
            _check_begun(tx, user)  # before the guess is counted
        guess = self._guess(who, user)
        with self._store.write() as tx:
            user = _user(tx, who, lock=True)
            _check_begun(tx, user)
            if not re.fullmatch(
                r"[0-9]{6}", digits := "".join(code.split())
            ) or not self._otps.use_code(tx, user, digits):
                self._notes.wrong_current_code(who, user)
                raise Invalid([WRONG])
            version, now = user.token_version + 1, self._clock()
            tx.second_factors.confirm(user.id)
            tx.second_factors.set_recovery_codes(user.id, _hashes(user, codes))
            tx.users.update(user.id, {"second_factor_at": now, "token_version": version})
            if session:
                tx.sessions.keep(session, user.id, version)
            self._note(tx, who, Action.SECOND_FACTOR_ENABLED, user)
        guess.right()
        changed = replace(user, second_factor_at=now, token_version=version)
        return Enabled(codes, self._auth.token_for(changed))

    def renew_recovery_codes(self, who: Principal, password: str, code: str) -> list[str]:
        """Replace all recovery codes; the new ones are returned only here. code: of the app, or a
        recovery code. Raises Conflict without a second factor, Invalid for a wrong password or
        code, TooManyRequests."""
        codes = one_time_passwords.new_recovery_codes()
        self._check_both(who, password, code)
        with self._store.write() as tx:
            user = _user(tx, who, lock=True)
            _require_enabled(user)
            tx.second_factors.set_recovery_codes(user.id, _hashes(user, codes))
            self._note(tx, who, Action.RECOVERY_CODES_RENEWED, user)
        return codes

    def disable(self, who: Principal, password: str, code: str) -> None:
        """Raises Conflict without a second factor, Invalid for a wrong password or code,
        TooManyRequests."""
        self._check_both(who, password, code)
        with self._store.write() as tx:
            user = _user(tx, who, lock=True)
            if user.second_factor_at is not None:
                remove(tx, user)
                self._note(tx, who, Action.SECOND_FACTOR_DISABLED, user)

    def _checked(self, who: Principal, password: str) -> User:
        with self._store.read() as tx:
            user = _user(tx, who)
        self._auth.check_current(who, user, password)
        return user

    def _check_both(self, who: Principal, password: str, code: str) -> None:
        """The password first, so that a stolen session alone can try no codes. Uses up the code."""
        with self._store.read() as tx:
            _require_enabled(_user(tx, who))
        user = self._checked(who, password)
        guess = self._guess(who, user)
        if not self._otps.use(user, code):
            self._notes.wrong_current_code(who, user)
            raise Invalid([WRONG])
        guess.right()

    def _guess(self, who: Principal, user: User) -> Guess:
        """Before a code of the user is checked. Raises TooManyRequests."""
        try:
            return self._auth.guess(
                Purpose.CURRENT_CODE, user.email, request_context.current().address
            )
        except TooManyRequests as e:
            self._notes.wrong_current_code(who, user, e.retry_after)
            raise

    def _note(self, tx: Transaction, who: Principal, action: Action, user: User) -> None:
        audit_log.note(
            tx,
            who,
            action,
            self._clock(),
            tenant_id=None,
            subject_id=user.id,
            subject_name=user.email,
        )


def remove(tx: Transaction, user: User) -> None:
    """Remove the second factor with its recovery codes."""
    tx.second_factors.remove(user.id)
    tx.users.update(user.id, {"second_factor_at": None})


def remove_from_previous_holder(tx: Transaction, user: User, now: datetime) -> None:
    """Remove the second factor of an account whose mailbox was just proven for the first time,
    also an unconfirmed one: a previous holder may have the codes, and the owner could not sign
    in."""
    remove(tx, user)
    if user.second_factor_at is not None:
        audit_log.note_user(tx, Principal(user.id), Action.SECOND_FACTOR_RESET, None, user, now)


def _hashes(user: User, codes: list[str]) -> list[str]:
    return [one_time_passwords.recovery_hash(user.id, code) for code in codes]


def _require_enabled(user: User) -> None:
    if user.second_factor_at is None:
        raise SecondFactorOff


def _check_may_enrol(user: User) -> None:
    if user.must_change_password:  # another person knows the password, and could lock the owner out
        raise OwnPasswordFirst("You are signed in with a one-time password: choose your own first")
    if user.second_factor_at is not None:
        raise SecondFactorOn


def _check_begun(tx: Transaction, user: User) -> None:
    _check_may_enrol(user)
    if tx.second_factors.get(user.id) is None:
        raise SecondFactorNotBegun


def _user(tx: Transaction, who: Principal, *, lock: bool = False) -> User:
    """Raises Unauthenticated for a caller whose sign-in has ended meanwhile, KeyNotAllowed."""
    require_person(who)
    user = tx.users.get(who.user_id, lock=lock)
    if user is None:
        raise Unauthenticated
    check_sign_in(who, user)
    return user
