"""Which passwords may be chosen, and their hashes: bcrypt over base64(SHA-256(password)), because
bcrypt itself takes no more than 72 bytes."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from itertools import islice

import bcrypt

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.email_addresses import account_address
from exports_app.services.identity.password_hashing import hashing

COST = 12
MIN_LENGTH = 10
MIN_DIFFERENT = 5
"""Different characters, at least."""
COMMONEST = 10_000
LONGEST_TAIL = 8
"""The most digits and marks after a common word that are ignored."""
ONE_TIME_BYTES = 12
ONE_TIME_LIFETIME = timedelta(hours=72)
DEMO_PASSWORD = "SuperAdmin123!"  # noqa: S105  (public: the demo's login; a server that is no demo refuses it)
APP_NAMES = ("exports", "exports_app", "scheduled exports")

_TAIL = re.compile(rf"[\W\d_]{{1,{LONGEST_TAIL}}}$")
_MARKS = re.compile(r"[\W_]+")
_LOOKALIKES = str.maketrans("@4301$57", "aaeoisst")


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def hash_password(password: str, account: str = "") -> str:
    """account: the email address of the account whose password a signed-in caller, or the user of
    a link, chooses; empty on the command line. Raises Busy."""
    with hashing.place(account_address(account), known=bool(account)):
        return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


# A hash of random bytes with the same cost, for comparison when the user is unknown
_NOBODY = "$2b$12$i57BjwVXVlF.NcnaVpKclO8AmSGWf5zJszZ8uZspMi6ovaf3VSaFq"


def matches(password: str, hashed: str | None) -> bool:
    """Whether the password is right. For an unknown user (None) it takes as long, and is never
    right."""
    right = bcrypt.checkpw(_digest(password), (hashed or _NOBODY).encode())
    return right and hashed is not None


def one_time() -> str:
    """A password to pass on: it works once, to set another one."""
    return secrets.token_urlsafe(ONE_TIME_BYTES)


def check(password: str, pointer: str, email: str = "", name: str = "") -> None:
    """Raises Invalid for one that must not be chosen. email, name: of the account whose password it
    is to be."""
    if reason := weakness(password, email, name):
        raise Invalid([FieldError(pointer, reason)])


def weakness(password: str, email: str = "", name: str = "") -> str | None:
    """Why the password must not be chosen, and what to do; None where nothing is wrong with it."""
    if len(password) < MIN_LENGTH:
        return f"use at least {MIN_LENGTH} characters"
    if len(password) > bounds.PASSWORD:
        return bounds.at_most(bounds.PASSWORD)
    if password == DEMO_PASSWORD:
        return "this is the public password of the demo: choose another one"
    if len(set(password)) < MIN_DIFFERENT:
        return f"use at least {MIN_DIFFERENT} different characters"
    return _guessable(password, email, name)


def _guessable(password: str, email: str, name: str) -> str | None:
    forms = _forms(password)
    guesses = (
        (
            _plain(_names_of(email, name)),
            "this is your name or your email address: choose something else",
        ),
        (
            _plain(APP_NAMES),
            "this is the name of this application: choose something else",
        ),
        (_common(), "this is one of the most common passwords: choose a less common one"),
    )
    return next((reason for known, reason in guesses if not forms.isdisjoint(known)), None)


def _forms(password: str) -> set[str]:
    """Spellings that count as the same password: in any case, without digits or marks at the end,
    without marks, with lookalikes replaced (p@ssw0rd)."""
    folded = password.casefold()
    forms = {folded, _TAIL.sub("", folded)}
    forms |= {form.translate(_LOOKALIKES) for form in forms}
    return {form for spelling in forms for form in (spelling, _MARKS.sub("", spelling)) if form}


def _plain(texts: Iterable[str]) -> set[str]:
    return {
        form
        for text in texts
        for form in (text.casefold(), _MARKS.sub("", text.casefold()))
        if form
    }


def _names_of(email: str, name: str) -> set[str]:
    """The address, its parts before and after the @, and the name in either order."""
    words = name.split()
    return {email, *email.split("@"), name, *words, " ".join(reversed(words))}


@cache
def _common() -> frozenset[str]:
    """The most common leaked passwords, as zxcvbn ranks them."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(islice(FREQUENCY_LISTS["passwords"], COMMONEST))
