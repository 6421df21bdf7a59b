"""The app's cookies, and how they are read from a Cookie header."""

import re
from collections.abc import Iterator

OURS = "exports_"
"""Prefix of our cookies' names; over https HOST_PREFIX comes before it."""
HOST_PREFIX = "__Host-"
SESSION_COOKIE = "exports_session"
BROWSER_COOKIE = "exports_browser"
"""A random value that identifies a browser, also before a sign-in."""
BLANKS = " \t"
"""The white space of HTTP (RFC 9110, section 5.6.3), and no other."""
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,200}")


def cookie(header: str, name: str) -> str:
    """The value of one of our cookies in a Cookie header; "" where it is absent or malformed.

    The cookie with HOST_PREFIX comes before the plain one, which `api.middleware.gateway` removes
    where https is in use. A browser sends a name with HOST_PREFIX once: if there are two with
    different values, one was planted, and neither counts. Pairs are parsed one by one, since
    `http.cookies` drops the whole header when another site's cookie is malformed.
    """
    values = [value for key, value in _pairs(header) if key == HOST_PREFIX + name]
    if values:
        return values[0] if len(set(values)) == 1 else ""
    return next((value for key, value in _pairs(header) if key == name), "")


def is_ours_without_prefix(pair: str) -> bool:
    """Whether a pair of a Cookie header has the plain name of one of our cookies."""
    return pair.strip(BLANKS).startswith(OURS)


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    """Names and values, where the value has the form of ours. Only HTTP's own white space is
    stripped: a browser also stores and sends a name with a no-break space before it."""
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if _VALUE.fullmatch(value.strip(BLANKS)):
            yield key.strip(BLANKS), value.strip(BLANKS)
