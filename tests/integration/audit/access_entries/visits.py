"""Sign-ins that succeed or fail, and the entries they leave."""

import pytest

from exports_app.domain.errors import (
    TooManyRequests,
    WrongCredentials,
)
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import AuditEntry, Page
from exports_app.services.core.request_context import RequestContext
from exports_app.wiring import Services
from tests.world import (
    Cast,
)

ADDRESS = "192.0.2.7"
CODE = "not a code"
"""Of a second factor."""
HERE = RequestContext(ADDRESS, "", "request-1")


def entries(services: Services, cast: Cast, area: str = "") -> list[AuditEntry]:
    """All of them, the oldest first."""
    services.repeated_entries.flush()
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(area), Page(size=200))
    return found[::-1]


def fail(services: Services, email: str = "admin@example.com", address: str = ADDRESS) -> None:
    with (
        request_context.use(RequestContext(address, "", "request-1")),
        pytest.raises((WrongCredentials, TooManyRequests)),
    ):
        services.auth.login(email, "wrong", address)
