"""The app's cookies, and how they are read from a Cookie header."""

import re

OURS = "exports_"
"""Prefix of our cookies' names; over https HOST_PREFIX comes before it."""
HOST_PREFIX = "__Host-"
SESSION_COOKIE = "exports_session"
BROWSER_COOKIE = "exports_browser"
"""A random value that identifies a browser, also before anybody signed in."""
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,200}")


def cookie(header: str, name: str) -> str:
    """The value of one of our cookies in a Cookie header; "" where it is absent or malformed.

    The cookie with HOST_PREFIX comes before the plain one, which `api.middleware.gateway` removes
    where https is in use. Pairs are parsed one by one, since `http.cookies` drops the whole header
    when another site's cookie is malformed.
    """
    values: dict[str, str] = {}
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if _VALUE.fullmatch(value.strip()):
            values.setdefault(key.strip(), value.strip())
    return values.get(HOST_PREFIX + name) or values.get(name, "")
