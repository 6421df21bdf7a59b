"""A limit on all headers of a request, before anything reads one of them on the event loop."""

from starlette.types import Scope

MAX_HEADERS = 32 * 1024
"""Bytes of all headers of a request, names and values. Browsers send a few KB."""
MAX_ORIGIN = 300
"""Bytes of an Origin: the longest name of a host has 253."""
TOO_LARGE = "exports_app.headers_too_large"
"""Key of an ASGI scope: its headers were larger and were removed; the request must be refused."""


def within_limit(scope: Scope) -> Scope:
    """The scope; where its headers are larger than MAX_HEADERS, without them but for a short
    Origin, by which a page of another site may read the refusal."""
    if sum(len(name) + len(value) for name, value in scope["headers"]) <= MAX_HEADERS:
        return scope
    origins = [h for h in scope["headers"] if h[0] == b"origin" and len(h[1]) <= MAX_ORIGIN]
    return {**scope, "headers": origins[:1], TOO_LARGE: True}
