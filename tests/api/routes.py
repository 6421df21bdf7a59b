"""Every route of the API and a good call of it: what tests of access walk through."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from exports_app.domain.access import Permission
from tests.api.client import ABSENT, CAMPAIGNS, SCHEDULES, Api, schedule_body
from tests.world import PASSWORD, uuid_of

WEBHOOKS = "/api/webhooks"
DESTINATIONS = "/api/destinations"
DEFINITION = "/api/tenants/{tenant_id}/definition"
KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Case:
    """One route: what a good call sends and answers."""

    method: str
    path: str
    good: int
    body: Any = None
    writes: bool = False
    limit: int = 64 * KIB
    """Of the body, in bytes."""
    takes_file: bool = False
    """Its body is a file, which the case leaves out."""
    viewer: int = 0
    super_admin: int = 0
    """What they get where it is not what all get."""

    @property
    def has_id(self) -> bool:
        return "{" in self.path


PUBLIC = {
    ("POST", "/api/auth/login"),
    ("POST", "/api/invitations/look"),
    ("POST", "/api/invitations/accept"),
    ("POST", "/api/auth/forgot-password"),
    ("POST", "/api/auth/reset-password"),
    ("GET", "/api/health"),
    ("GET", "/api/live"),
    ("GET", "/api/ready"),
    ("GET", "/api/files/{delivery_id}"),
    ("GET", "/api/feeds/{token}.ics"),
    ("GET", "/api/feeds/{token}.atom"),
    ("GET", "/api/problems"),
    ("GET", "/api/problems/{code}"),
}
CHANGES = ("PUT", "PATCH")
CASES = [
    Case("GET", "/api/auth/me", 200),
    Case("GET", SCHEDULES, 200),
    Case(
        "POST",
        SCHEDULES,
        201,
        schedule_body(tenantId="00000000-0000-4000-8000-00000000000a"),
        writes=True,
        limit=MIB,
    ),
    Case("GET", SCHEDULES + "/deleted", 200, viewer=403, super_admin=422),
    Case("GET", SCHEDULES + "/{schedule_id}", 200),
    *(
        Case(method, SCHEDULES + "/{schedule_id}", 200, {"name": method}, writes=True, limit=MIB)
        for method in CHANGES
    ),
    Case(
        "POST",
        SCHEDULES + "/{schedule_id}/transfer",
        200,
        {"ownerId": uuid_of(0x11)},  # the admin of `tests.world.make_cast`
        writes=True,
    ),
    Case("DELETE", SCHEDULES + "/{schedule_id}", 204, writes=True),
    Case(
        "POST",
        SCHEDULES + "/{schedule_id}/trigger",
        202,
        {"recipients": []},
        writes=True,
        limit=MIB,
    ),
    Case("POST", SCHEDULES + "/{schedule_id}/restore", 409, writes=True),  # it is not deleted
    Case("GET", SCHEDULES + "/{schedule_id}/history", 200),
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}", 200),
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}/file", 200),
    Case(
        "POST", SCHEDULES + "/{schedule_id}/history/{history_id}/cancel", 409, writes=True
    ),  # it has ended
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}/attempts", 200),
    Case(
        "POST", SCHEDULES + "/{schedule_id}/history/{history_id}/retry", 409, writes=True
    ),  # likewise, here and below
    Case("POST", SCHEDULES + "/{schedule_id}/history/{history_id}/give-up", 409, writes=True),
    Case("POST", SCHEDULES + "/{schedule_id}/history/{history_id}/resend", 409, writes=True),
    Case(
        "POST",
        SCHEDULES + "/{schedule_id}/history/{history_id}/replace-recipient",
        409,
        {"from": "ann@example.com", "to": "new@example.com"},
        writes=True,
    ),
    Case(
        "POST", SCHEDULES + "/{schedule_id}/history/{history_id}/accept-unknown", 409, writes=True
    ),
    Case("POST", SCHEDULES + "/{schedule_id}/history/{history_id}/revoke-links", 409, writes=True),
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}/downloads", 200),
    Case("GET", SCHEDULES + "/{schedule_id}/notices", 200),
    Case(
        "POST",
        SCHEDULES + "/{schedule_id}/backfill",
        202,
        {"startDate": "2026-02-01", "endDate": "2026-02-28"},
        writes=True,
    ),
    *(
        Case(
            "POST",
            f"{SCHEDULES}/{path}",
            200,
            {
                "tenantId": "00000000-0000-4000-8000-00000000000a",
                "exportType": "campaigns",
                "format": "csv",
            },
            writes=True,
            limit=MIB,
        )
        for path in ("preview", "preview-message")
    ),
    Case(
        "POST",
        SCHEDULES + "/bulk",
        200,
        {"action": "pause", "ids": [ABSENT]},
        writes=True,
    ),
    Case(
        "POST",
        SCHEDULES + "/{schedule_id}/history/{history_id}/rerun",
        202,
        {"sendTo": "nobody"},
        writes=True,
    ),
    Case("GET", "/api/catalog", 200),
    Case("GET", "/api/runs", 200, super_admin=422),  # of which tenant?
    Case("GET", "/api/runs/ended", 200, super_admin=422),
    Case("GET", "/api/runs/{run_id}", 200),
    Case("GET", "/api/runs/{run_id}/file", 200),
    Case("GET", "/api/account", 200),
    Case(
        "POST",
        "/api/account/password",
        422,
        {"currentPassword": "wrong", "newPassword": "another long one"},
    ),
    Case("GET", "/api/account/second-factor", 200),
    Case("POST", "/api/account/second-factor", 200, {"currentPassword": PASSWORD}),
    Case(
        "POST", "/api/account/second-factor/confirm", 409, {"otp": "123456"}
    ),  # nothing was begun, and nothing is set up
    Case(
        "POST",
        "/api/account/second-factor/recovery-codes",
        409,
        {"currentPassword": PASSWORD, "otp": "123456"},
    ),
    Case(
        "DELETE", "/api/account/second-factor", 409, {"currentPassword": PASSWORD, "otp": "123456"}
    ),
    Case("GET", "/api/account/sessions", 200),
    Case("DELETE", "/api/account/sessions/{session_id}", 404),  # one is signed in nowhere
    Case("POST", "/api/account/sign-out-everywhere", 204),
    Case("GET", "/api/account/keys", 200),
    Case("POST", "/api/account/keys", 201, {"name": "Nightly", "scopes": ["exports.read"]}),
    # It is the admin's own
    Case("GET", "/api/account/keys/{key_id}", 200, viewer=404, super_admin=404),
    Case(
        "PATCH",
        "/api/account/keys/{key_id}",
        200,
        {"name": "Weekly"},
        viewer=404,
        super_admin=404,
    ),
    Case("DELETE", "/api/account/keys/{key_id}", 204, viewer=404, super_admin=404),
    Case("GET", "/api/account/feeds", 200),
    Case(
        "POST",
        "/api/account/feeds",
        201,
        {"name": "Mine", "tenantId": "00000000-0000-4000-8000-00000000000a"},
    ),
    Case("GET", "/api/account/feeds/{feed_id}", 200, viewer=404, super_admin=404),
    Case("DELETE", "/api/account/feeds/{feed_id}", 204, viewer=404, super_admin=404),
    Case("GET", "/api/account/tenants/{tenant_id}", 200, super_admin=404),  # they belong to none
    # The last admin stays
    Case("DELETE", "/api/account/tenants/{tenant_id}", 409, viewer=204, super_admin=404),
    Case("GET", "/api/tenants/{tenant_id}", 200),
    *(
        Case(method, "/api/tenants/{tenant_id}", 200, {"name": f"Acme & {method}"}, writes=True)
        for method in CHANGES
    ),
    Case("GET", "/api/tenants/{tenant_id}/tags", 200),
    Case("GET", DEFINITION, 200),
    Case("POST", DEFINITION + "/plan", 200, {"schedules": []}, limit=MIB),
    Case(
        "POST",
        DEFINITION + "/apply",
        200,
        {"schedules": [schedule_body(slug="new")]},
        writes=True,
        limit=MIB,
    ),
    Case("GET", "/api/tenants/{tenant_id}/views", 200),
    Case("POST", "/api/tenants/{tenant_id}/views", 201, {"name": "Mine"}),
    Case("GET", "/api/tenants/{tenant_id}/views/{view_id}", 200),
    *(
        Case(method, "/api/tenants/{tenant_id}/views/{view_id}", 200, {"name": "A"}, writes=True)
        for method in CHANGES
    ),
    Case("DELETE", "/api/tenants/{tenant_id}/views/{view_id}", 204, writes=True),
    Case("GET", DESTINATIONS, 200, writes=True, super_admin=422),  # of which tenant?
    Case(
        *("POST", DESTINATIONS, 201),
        {"channel": "folder", "name": "Mine", "config": {}},
        writes=True,
        super_admin=422,
    ),
    Case("GET", DESTINATIONS + "/{destination_id}", 200, writes=True),
    *(
        Case(method, DESTINATIONS + "/{destination_id}", 200, {"name": method}, writes=True)
        for method in CHANGES
    ),
    Case("DELETE", DESTINATIONS + "/{destination_id}", 204, writes=True),
    Case("POST", DESTINATIONS + "/{destination_id}/test", 200, writes=True),
    Case("GET", "/api/tenants/{tenant_id}/quotas", 200, writes=True),
    # For super admins alone
    *(
        Case(
            method,
            "/api/tenants/{tenant_id}/quotas",
            403,
            {"schedules": 5},
            writes=True,
            super_admin=200,
        )
        for method in CHANGES
    ),
    Case("GET", "/api/tenants/{tenant_id}/analytics/campaigns", 200),
    Case("GET", "/api/tenants/{tenant_id}/analytics/exports", 200),
    Case(
        "GET", "/api/tenants/{tenant_id}/members", 200, writes=True
    ),  # not for viewers, here and below
    Case(
        "POST", "/api/tenants/{tenant_id}/members", 202, {"email": "new@example.com"}, writes=True
    ),
    Case("GET", "/api/tenants/{tenant_id}/invitations", 200, writes=True),
    Case("DELETE", "/api/tenants/{tenant_id}/invitations/{invitation_id}", 204, writes=True),
    Case("POST", "/api/tenants/{tenant_id}/invitations/{invitation_id}/resend", 202, writes=True),
    Case("GET", "/api/tenants/{tenant_id}/members/{user_id}", 200, writes=True),
    *(
        Case(
            method,
            "/api/tenants/{tenant_id}/members/{user_id}",
            200,
            {"role": "admin"},
            writes=True,
        )
        for method in CHANGES
    ),
    Case("DELETE", "/api/tenants/{tenant_id}/members/{user_id}", 204, writes=True),
    Case("GET", "/api/tenants/{tenant_id}/keys", 200, writes=True),
    Case(
        "POST",
        "/api/tenants/{tenant_id}/keys",
        201,
        {"name": "Nightly", "scopes": ["exports.read"]},
        writes=True,
    ),
    Case("GET", "/api/tenants/{tenant_id}/keys/{key_id}", 200, writes=True),
    Case("PATCH", "/api/tenants/{tenant_id}/keys/{key_id}", 200, {"name": "Weekly"}, writes=True),
    Case("DELETE", "/api/tenants/{tenant_id}/keys/{key_id}", 204, writes=True),
    Case("GET", WEBHOOKS, 200, writes=True, super_admin=422),
    Case(
        "POST",
        WEBHOOKS,
        201,
        {
            "name": "Warehouse",
            "url": "https://hooks.example.com/exports",
            "events": ["export.run.completed"],
            "tenantId": "00000000-0000-4000-8000-00000000000a",
        },
        writes=True,
    ),
    Case("GET", WEBHOOKS + "/events", 200, writes=True),
    Case("GET", WEBHOOKS + "/{webhook_id}", 200, writes=True),
    *(
        Case(method, WEBHOOKS + "/{webhook_id}", 200, {"name": method}, writes=True)
        for method in CHANGES
    ),
    Case("DELETE", WEBHOOKS + "/{webhook_id}", 204, writes=True),
    Case("POST", WEBHOOKS + "/{webhook_id}/rotate-secret", 200, writes=True),
    Case("POST", WEBHOOKS + "/{webhook_id}/test", 202, writes=True),
    Case("GET", WEBHOOKS + "/{webhook_id}/deliveries", 200, writes=True),
    Case(
        "POST",
        WEBHOOKS + "/{webhook_id}/replay",
        202,
        {"since": "2026-03-01T00:00:00Z"},
        writes=True,
    ),
    Case("GET", WEBHOOKS + "/deliveries/{delivery_id}", 200, writes=True),
    Case("POST", WEBHOOKS + "/deliveries/{delivery_id}/redeliver", 202, writes=True),
    Case("GET", "/api/audit", 200, writes=True),
    Case("GET", "/api/audit/csv", 200, writes=True),
    Case("POST", SCHEDULES + "/validate-cron", 200, {"expression": "0 9 * * 1"}),
    Case("GET", CAMPAIGNS, 200),
    Case(
        "POST",
        CAMPAIGNS,
        201,
        {"name": "New", "currency": "EUR", "tenantId": "00000000-0000-4000-8000-00000000000a"},
        writes=True,
    ),
    Case("POST", CAMPAIGNS + "/import", 422, writes=True, takes_file=True),
    Case("GET", CAMPAIGNS + "/{campaign_id}", 200),
    *(
        Case(method, CAMPAIGNS + "/{campaign_id}", 200, {"name": method}, writes=True)
        for method in CHANGES
    ),
    Case("DELETE", CAMPAIGNS + "/{campaign_id}", 204, writes=True),
    Case(
        "POST",
        CAMPAIGNS + "/{campaign_id}/metrics",
        200,
        {"items": [{"date": "2026-03-01"}]},
        writes=True,
        limit=8 * MIB,
    ),
]

SUPER_ADMINS = [
    Case("GET", "/api/users", 200),
    Case("GET", "/api/users/{user_id}", 200),
    *(Case(method, "/api/users/{user_id}", 200, {"isActive": False}) for method in CHANGES),
    Case("POST", "/api/users/{user_id}/reset-password", 200),
    Case("GET", "/api/mail", 200),
    Case("POST", "/api/mail/test", 200, {"address": "ann@example.com"}),
    Case("DELETE", "/api/users/{user_id}/second-factor", 204),
]
"""There is no such address for anyone else."""
NOWHERE = dict.fromkeys(
    re.findall(r"{(\w+)}", " ".join(case.path for case in CASES + SUPER_ADMINS)), ABSENT
)
"""Ids of things that are not there."""
TAKES_BODY = [c for c in CASES if c.body is not None]
WITH_ID = [c for c in CASES if c.has_id]
WRITES = [c for c in CASES if c.writes]


def scope_of(case: Case) -> Permission | None:
    """What an API key needs for the call; None: no key may make it."""
    path = case.path
    if path.startswith("/api/account") or "/keys" in path or case in SUPER_ADMINS:
        return None
    if case.method in CHANGES and path.endswith("/quotas"):
        return None
    manages = re.search(r"/members|/invitations|/quotas|^/api/audit", path)
    if manages or (case.method in CHANGES and path == "/api/tenants/{tenant_id}"):
        return Permission.MANAGE
    if case.writes and path.startswith(CAMPAIGNS):
        return Permission.CAMPAIGNS
    writes = case.writes or path.endswith("/deleted")
    return Permission.WRITE if writes else Permission.READ


def named(cases: list[Case]) -> Any:
    return pytest.mark.parametrize(
        "case", cases, ids=lambda c: f"{c.method} {c.path.removeprefix('/api')}"
    )


def call(client: Api, case: Case, ids: dict[str, str], **options: Any) -> httpx.Response:
    if case.body is not None:
        options = {"json": case.body} | options
    return client.request(case.method, case.path.format(**ids), **options)
