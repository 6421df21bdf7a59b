"""Browsers in which an account signed in before, recognized by a signed cookie.

The cookie has a mark for each of the last few accounts: a random id and the hour it was made,
signed together with the account and its token_version. A mark contains no address and gives no
access; it only exempts a sign-in from the limits that strangers have used up. Whatever ends all
sessions (a new password, a new second factor, a hand-over, signing out everywhere) also ends all
marks.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterator
from datetime import timedelta

from exports_app.services.core.interfaces import Clock
from exports_app.services.core.records import User
from exports_app.services.keys.derived_keys import COOKIES, Keys

KNOWN_COOKIE = "exports_known"
LIFETIME = timedelta(days=180)
MARKS = 5
"""Accounts that are remembered in one browser."""

_HOURS = 4
"""Bytes of a mark's hour, here and below."""
_ID = 8
_SIGNATURE = 18
_MARK = (_HOURS + _ID + _SIGNATURE) * 4 // 3
"""Characters of a mark."""


class KnownBrowsers:
    def __init__(self, clock: Clock, keys: Keys) -> None:
        self._clock = clock
        self._keys = keys

    def mark(self, account: User, cookie: str) -> str:
        """The cookie's next value, once the account has signed in. cookie: its value so far."""
        kept = [mark for mark in _marks(cookie) if not self._id(account, mark)]
        body = self._hour().to_bytes(_HOURS) + secrets.token_bytes(_ID)
        new = body + _signature(self._keys.current(COOKIES), account, body)
        return "".join([_text(new), *map(_text, kept)][:MARKS])

    def recognize(self, account: User | None, cookie: str) -> str:
        """The browser's id for this account. Empty where the account did not sign in there within
        LIFETIME or was signed out everywhere since, and where there is no account."""
        return next((known for mark in _marks(cookie) if (known := self._id(account, mark))), "")

    def _id(self, account: User | None, mark: bytes) -> str:
        body, signature = mark[: _HOURS + _ID], mark[_HOURS + _ID :]
        expected = [_signature(key, account, body) for key in self._keys.accepted(COOKIES)]
        if not any(hmac.compare_digest(signature, candidate) for candidate in expected):
            return ""
        age = timedelta(hours=self._hour() - int.from_bytes(body[:_HOURS]))
        return body[_HOURS:].hex() if age <= LIFETIME else ""

    def _hour(self) -> int:
        return int(self._clock().timestamp() // 3600)


def _marks(cookie: str) -> Iterator[bytes]:
    for start in range(0, min(len(cookie), MARKS * _MARK), _MARK):
        try:
            mark = base64.urlsafe_b64decode(cookie[start : start + _MARK])
        except (binascii.Error, ValueError):
            return
        if len(mark) == _HOURS + _ID + _SIGNATURE:
            yield mark


def _signature(key: bytes, account: User | None, body: bytes) -> bytes:
    # Without an account the same work is done, so that the time reveals nothing
    named = f"{account.id}/{account.token_version}".encode() if account else b""
    return hmac.digest(key, b"known browser of\0" + body + named, "sha512")[:_SIGNATURE]


def _text(mark: bytes) -> str:
    return base64.urlsafe_b64encode(mark).decode()
