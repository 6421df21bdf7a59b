"""Browser sessions: signing in and out, the user of a session cookie, downloads.

A page talks over a websocket, which can neither set a cookie nor send a file. It gets a one-time
code, and the browser exchanges the code at an HTTP address. The database keeps only the SHA-256 of
secrets.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    CookiesRefused,
    NotFound,
    OtpRequired,
    SessionEnded,
    SignInOver,
    Unavailable,
    UnknownCode,
    WrongCredentials,
)
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.field_rules import has_controls, is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Code, Session, User
from exports_app.services.core.request_context import device_name
from exports_app.services.identity.authentication import Auth, may_call, note_sign_in

CODE_LIFETIME = timedelta(seconds=30)

STEP_LIFETIME = timedelta(minutes=5)
"""Between the password and the second factor's code."""

LOGIN = "login"
"""The purpose of a code, here and below."""
DOWNLOAD = "download"
SECOND_STEP = "second factor"

HOME = "/scheduled-exports"
"""Where to go after signing in."""
MAX_PATH = 500
USED_APART = timedelta(minutes=5)
"""The least time between two writes of a session's last use."""
KEPT = timedelta(days=7)
"""How long an ended session stays in the database."""
SWEEP = 100
"""The most old rows that are removed when a row is added."""


@dataclass(frozen=True)
class Lifetimes:
    """How long a sign-in lasts. idle: without use. longest: in all."""

    idle: timedelta
    longest: timedelta

    @property
    def of_token(self) -> timedelta:
        """Of an access token, which is not extended by use."""
        return min(self.idle, self.longest)

    def end(self, began: datetime, used: datetime) -> datetime:
        """When a session ends that began and was last used at these instants."""
        return min(used + self.idle, began + self.longest)


@dataclass(frozen=True)
class Visit:
    """Someone who is signed in, with their rights as of now."""

    who: Principal
    tenant_id: str | None
    """The tenant chosen last in this session; None where the user has no role in it any more."""
    ends_at: datetime
    """When the session ends if it is not used again."""


def local_path(goto: str) -> str:
    """`goto` if it is a page of this site, else HOME. Browsers take ``//x``, ``/\\x`` and
    ``/a/..//x`` for another site."""
    if len(goto) > MAX_PATH:
        return HOME
    path = unquote(re.split("[?#]", goto, maxsplit=1)[0])
    plain = goto.startswith("/") and not has_controls(goto + path) and "\\" not in goto + path
    parts = path.split("/")[1:]
    if not plain or "" in parts[:-1] or not {".", ".."}.isdisjoint(parts) or parts[0] == "api":
        return HOME
    return goto


def _secret() -> str:
    return secrets.token_urlsafe(32)


def id_of(session_id: str) -> str:
    """The id of a session that may be stored, shown and logged."""
    return _hash(session_id)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    def __init__(self, store: Store, clock: Clock, auth: Auth, lifetimes: Lifetimes) -> None:
        self._store = store
        self._clock = clock
        self._auth = auth
        self._lifetimes = lifetimes

    def begin(
        self, email: str, password: str, address: str, browser: str, goto: str = "", known: str = ""
    ) -> str:
        """Check the password; returns a code that `redeem` turns into a session within
        CODE_LIFETIME.

        address: of the client. browser: the value of BROWSER_COOKIE; no other browser can use the
        code, so a link cannot sign anyone in to another account. goto: the page to show then, see
        `local_path`. known: the value of KNOWN_COOKIE, see `KnownBrowsers`. Raises CookiesRefused
        without a browser, WrongCredentials, TooManyRequests; OtpRequired, with the step for
        `finish`, where the password is right and the user has a second factor.
        """
        if not browser:
            raise CookiesRefused
        if len(email) > bounds.ADDRESS or len(password) > bounds.PASSWORD:
            raise WrongCredentials
        user = self._auth.verify(email, password, address, known)
        content = {"goto": local_path(goto), "token_version": user.token_version}
        with self._store.write() as tx:
            if user.second_factor_at is None:
                return self._new_code(tx, LOGIN, browser, user.id, content)
            step = self._new_code(tx, SECOND_STEP, browser, user.id, content, STEP_LIFETIME)
        raise OtpRequired(step)

    def finish(self, step: str, otp: str, address: str, browser: str, known: str = "") -> str:
        """The second step of a sign-in, after `begin` raised OtpRequired with `step`. otp: a code
        of the second factor. The other arguments and the result are as for `begin`. The step stays
        valid after a wrong code. Raises WrongOtp, TooManyRequests; Unauthenticated once
        STEP_LIFETIME is over, in another browser, and where the password was changed meanwhile."""
        now = self._clock()
        with self._store.read() as tx:
            pending = tx.codes.find(_hash(step), SECOND_STEP, _hash(browser), now)
            user = tx.users.get(pending.user_id) if pending else None
        if (
            pending is None
            or user is None
            or not may_call(user)
            or user.token_version != pending.content["token_version"]
        ):
            raise SignInOver("This sign-in took too long: enter your password again")
        self._auth.check_otp(user, otp or " ", address, known)
        with self._store.write() as tx:
            if tx.codes.take(_hash(step), SECOND_STEP, _hash(browser), now) is None:
                raise SignInOver("This sign-in was already completed: sign in again")
            return self._new_code(tx, LOGIN, browser, user.id, pending.content)

    def redeem(self, code: str, browser: str, device: str = "") -> tuple[str, str]:
        """The secret id of a new session, and the path to go to. device: the User-Agent. Raises
        Unauthenticated.

        In another browser a code is refused and stays valid: whoever sees a code cannot keep its
        owner from signing in.
        """
        now = self._clock()
        with self._store.write() as tx:
            login = tx.codes.take(_hash(code), LOGIN, _hash(browser), now)
            user = tx.users.get(login.user_id) if login else None
            if (
                login
                and user
                and may_call(user)
                and user.token_version == login.content["token_version"]
            ):
                session_id = _secret()
                tx.sessions.forget(now - KEPT, SWEEP)
                named = device_name(device)
                ends_at = self._lifetimes.end(now, now)
                tx.sessions.add(
                    Session(
                        id_of(session_id), user.id, user.token_version, now, ends_at, device=named
                    )
                )
                with request_context.use(
                    replace(request_context.current(), session=id_of(session_id))
                ):
                    note_sign_in(tx, user, now, with_="a browser")
                return session_id, login.content["goto"]
        raise SignInOver

    def mark_browser(self, session_id: str, known: str) -> str:
        """The next value of KNOWN_COOKIE in the session's browser. known: its current value. Raises
        Unauthenticated."""
        with self._store.read() as tx:
            live = self._live(tx, session_id)
        if live is None:
            raise SessionEnded
        return self._auth.mark_browser(live[1], known)

    def visit(self, session_id: str, *, counts: bool = True) -> Visit | None:
        """The user of the session cookie, with their current rights; None when the session has
        ended or does not exist.

        counts: whether this is a use of the session, which postpones its end. Background work of
        the server is not.
        """
        if not session_id:
            return None
        with self._store.read() as tx:
            live = self._live(tx, session_id)
            if live is None:
                return None
            session, user = live
            who = replace(self._auth.signed_in(tx, user), signed_in_at=session.created_at)
        ends_at = self._use(session) if counts else session.expires_at
        chosen = session.tenant_id
        return Visit(who, chosen if chosen and who.role(chosen) else None, ends_at)

    def _use(self, session: Session) -> datetime:
        """Postpone the session's end. Returns the new end."""
        now = self._clock()
        if now - (session.last_used_at or session.created_at) < USED_APART:
            return session.expires_at
        ends_at = self._lifetimes.end(session.created_at, now)
        # A caller who only reads does not depend on a write
        with suppress(Unavailable), self._store.write() as tx:
            tx.sessions.used(session.id_hash, now, ends_at)
            return ends_at
        return session.expires_at

    def choose(self, session_id: str, who: Principal, tenant_id: str) -> None:
        """Remember the chosen tenant. Raises NotFound unless it exists and the user has a role in
        it, Unauthenticated when the session has ended."""
        if who.role(tenant_id) is None or not is_uuid(tenant_id):
            raise NotFound
        with self._store.write() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            self._require(tx, session_id, who)
            tx.sessions.choose(_hash(session_id), tenant_id)

    def end(self, session_id: str) -> None:
        """Sign out. Does nothing where the session has ended already."""
        if session_id:
            with self._store.write() as tx:
                live, now = self._live(tx, session_id), self._clock()
                tx.sessions.revoke(_hash(session_id), now)
                if live is not None:
                    user = live[1]
                    audit_log.note_user(tx, Principal(user.id), Action.SIGNED_OUT, None, user, now)

    def download_code(self, who: Principal, session_id: str, content: dict[str, Any]) -> str:
        """A code that `take_download` exchanges for the content, in the same session. Raises
        Unauthenticated when the session has ended."""
        with self._store.write() as tx:
            self._require(tx, session_id, who)
            return self._new_code(tx, DOWNLOAD, session_id, who.user_id, content)

    def take_download(self, code: str, session_id: str) -> tuple[Principal, dict[str, Any]]:
        """The session's user, and the code's content. The code is used up.

        Raises Unauthenticated without a session, NotFound for an expired code and one of another
        session.
        """
        visit = self.visit(session_id)
        if visit is None:
            raise SessionEnded("Sign in first, then download the file from its page")
        with self._store.write() as tx:
            download = tx.codes.take(_hash(code), DOWNLOAD, _hash(session_id), self._clock())
        if download is None:
            raise UnknownCode("This link works for one download only: get a new one on the page")
        return visit.who, download.content

    def _new_code(
        self,
        tx: Transaction,
        purpose: str,
        holder: str,
        user_id: str,
        content: dict[str, Any],
        lifetime: timedelta = CODE_LIFETIME,
    ) -> str:
        code, now = _secret(), self._clock()
        tx.codes.forget(now, SWEEP)
        tx.codes.add(Code(_hash(code), purpose, _hash(holder), user_id, content, now + lifetime))
        return code

    def _live(self, tx: Transaction, session_id: str) -> tuple[Session, User] | None:
        live = tx.sessions.live(_hash(session_id), self._clock())
        return live if live is not None and may_call(live[1]) else None

    def _require(self, tx: Transaction, session_id: str, who: Principal) -> None:
        live = self._live(tx, session_id)
        if live is None or live[1].id != who.user_id:
            raise SessionEnded
