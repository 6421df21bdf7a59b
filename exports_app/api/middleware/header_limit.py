"""A limit on all headers of a request, before anything reads one of them on the event loop."""

from starlette.types import Scope

MAX_HEADERS = 32 * 1024
"""Bytes of all headers of a request, names and values. Browsers send a few KB."""
TOO_LARGE = "exports_app.headers_too_large"
"""Key of an ASGI scope: its headers were larger and were removed; the request must be refused."""


def within_limit(scope: Scope) -> Scope:
    """The scope, without its headers where they are larger than MAX_HEADERS."""
    if sum(len(name) + len(value) for name, value in scope["headers"]) <= MAX_HEADERS:
        return scope
    return {**scope, "headers": [], TOO_LARGE: True}
