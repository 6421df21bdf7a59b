"""Which errors say that the caller may not do something, by operation."""

import re
from collections.abc import Iterator

from exports_app.api.document.operations import Error
from exports_app.domain import errors as e

OF_SIGNED_IN = (
    *(e.Unauthenticated, e.InvalidToken, e.OwnPasswordFirst),
    *(e.SecondFactorRequired, e.DemoIsLocal),
)
_FOR_PEOPLE = re.compile(r"/api/account|.*/keys|/api/invitations/accept")
_OF_THE_INSTALLATION = re.compile(r"/api/(?:users|mail)")
"""Not found for all but super admins, also for their API keys."""
_MANAGED = re.compile(r".*/(?:members|invitations|quotas|keys)|/api/audit")
_FOR_WRITERS = re.compile(r".*/deleted$|.*/scheduled-exports$|/api/(?:webhooks|destinations)")
_READING = re.compile(r".*/(?:validate-cron|definition/plan)$")
"""Paths of POST that change nothing."""
_OF_ANYONE = ("/api/auth/me", "/api/catalog")
_OF_CHOSEN = re.compile(
    r"/api/scheduled-exports(?:/\{|/bulk|/validate-cron)|GET /api/scheduled-exports$|/api/runs"
    r"|/api/webhooks/events"
)
"""What an API key that is limited to chosen scheduled exports may call, for these."""


def of(method: str, path: str) -> Iterator[Error]:
    """Of an operation that needs sign-in."""
    yield from OF_SIGNED_IN
    if _OF_THE_INSTALLATION.match(path):
        yield e.NotFound
        return
    by_person = _FOR_PEOPLE.match(path) is not None
    if by_person:
        yield e.KeyNotAllowed
    elif path not in _OF_ANYONE:
        yield e.InsufficientScope
        if _is_of_the_tenant(method, path):
            yield e.KeyIsLimited
    if _needs_a_role(method, path):
        yield e.Forbidden


def _needs_a_role(method: str, path: str) -> bool:
    """Whether a viewer may not."""
    if path in _OF_ANYONE or path.startswith(("/api/account", "/api/invitations")):
        return False
    if _MANAGED.match(path) or _FOR_WRITERS.match(path):
        return True
    return method != "GET" and not _READING.match(path)


def _is_of_the_tenant(method: str, path: str) -> bool:
    """Whether a key with the scope is refused where it is limited to chosen scheduled exports. Such
    a key cannot have the scopes to manage a tenant and to write campaigns."""
    if _MANAGED.match(path) or _OF_CHOSEN.match(path) or _OF_CHOSEN.match(f"{method} {path}"):
        return False
    return method == "GET" or not re.match(r"/api/campaigns|/api/tenants/\{tenant_id\}$", path)
