"""A user's own account: the password, and the browsers that are signed in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_app.domain.access import Principal, require_person
from exports_app.domain.errors import FieldError, Invalid, NotFound, Unauthenticated
from exports_app.services.audit import audit_log
from exports_app.services.core.current_rights import check_sign_in
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, User
from exports_app.services.identity import passwords
from exports_app.services.identity.access_tokens import Token
from exports_app.services.identity.authentication import Auth

SHOWN = 12
"""Characters of a session's id in the audit."""


@dataclass(frozen=True)
class SignedIn:
    """A browser's session. id: not secret. device: the User-Agent. is_current: whether it is the
    caller's."""

    id: str
    device: str
    created_at: datetime
    last_used_at: datetime
    is_current: bool


class OwnAccount:
    def __init__(self, store: Store, clock: Clock, auth: Auth) -> None:
        self._store = store
        self._clock = clock
        self._auth = auth

    def get(self, who: Principal) -> User:
        """Raises Unauthenticated where the user is gone."""
        with self._store.read() as tx:
            return _user(tx, who)

    def change_password(self, who: Principal, current: str, new: str, session: str = "") -> Token:
        """End the sessions of other browsers and all tokens. Returns a new token.

        session: the id of the browser's session that stays. Raises Invalid, TooManyRequests.
        """
        with self._store.read() as tx:
            user = _user(tx, who)
        self._auth.check_current(who, user, current)
        passwords.check(new, "/newPassword", user.email, user.name)
        if new == current:
            raise Invalid([FieldError("/newPassword", "choose a different password")])
        hashed = passwords.hash_password(new, user.email)
        with self._store.write() as tx:
            locked = _user(tx, who, lock=True)
            if locked.password_hash != user.password_hash:  # changed by someone else meanwhile
                raise Unauthenticated
            version = locked.token_version + 1
            values: dict[str, Any] = {
                "password_hash": hashed,
                "must_change_password": False,
                "one_time_expires_at": None,
                "token_version": version,
            }
            tx.users.update(user.id, values)
            if session:
                tx.sessions.keep(session, user.id, version)
            self._note(tx, who, Action.PASSWORD_CHANGED, user)
        return self._auth.token_for(replace(locked, **values))

    def sessions(self, who: Principal, session: str = "") -> list[SignedIn]:
        """Signed-in browsers, the last used first. session: the id of the caller's."""
        with self._store.read() as tx:
            sessions = tx.sessions.of_user(_user(tx, who), self._clock())
        return [
            SignedIn(
                browser.id_hash,
                browser.device or "",
                browser.created_at,
                browser.last_used_at or browser.created_at,
                browser.id_hash == session,
            )
            for browser in sessions
        ]

    def end_session(self, who: Principal, session: str) -> None:
        """Sign one browser out. Raises NotFound unless it is a session of the caller."""
        with self._store.write() as tx:
            user = _user(tx, who)
            sessions = {
                browser.id_hash: browser for browser in tx.sessions.of_user(user, self._clock())
            }
            if session not in sessions:
                raise NotFound
            tx.sessions.revoke(session, self._clock())
            ended = {"ended_session": session[:SHOWN], "device": sessions[session].device}
            audit_log.note_user(tx, who, Action.SESSION_ENDED, None, user, self._clock(), **ended)

    def sign_out_everywhere(self, who: Principal) -> None:
        """End the sessions of all browsers, this one too, and all tokens."""
        with self._store.write() as tx:
            user = _user(tx, who, lock=True)
            tx.users.update(user.id, {"token_version": user.token_version + 1})
            self._note(tx, who, Action.SIGNED_OUT_EVERYWHERE, user)

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


def _user(tx: Transaction, who: Principal, *, lock: bool = False) -> User:
    require_person(who)
    user = tx.users.get(who.user_id, lock=lock)
    if user is None:
        raise Unauthenticated
    check_sign_in(who, user)
    return user
