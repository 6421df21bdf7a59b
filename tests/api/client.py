"""A synchronous client that calls the API in this process, and what every answer is measured by."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from exports_app.api.causes import CAUSES
from exports_app.services.core.records import User
from exports_app.services.identity.authentication import Auth
from tests.api.documented import missing

SCHEDULES = "/api/scheduled-exports"
CAMPAIGNS = "/api/campaigns"
HEALTH = "/api/health"
PROBLEM_KEYS = {"type", "title", "status", "detail", "code", "errors"}
ABSENT = "11111111-2222-4333-8444-555555555555"
"""An id that nothing has."""
MARKER = "marker-7f3a"
"""In bad input: no answer and no log repeats it."""

SCHEDULE_KEYS = {
    "delivery",
    "linkDays",
    "replyTo",
    "timeLimit",
    "overlap",
    "catchUp",
    "catchUpHours",
    "jitterSeconds",
    "pauseAfter",
    "onUnknown",
    "retryAttempts",
    "retryBaseSeconds",
    "failing",
    "failures",
    "pausedAt",
    "pausedReason",
    "id",
    "tenantId",
    "name",
    "slug",
    "description",
    "exportType",
    "format",
    "schedule",
    "timezone",
    "recipients",
    "destinationIds",
    "filters",
    "whenEmpty",
    "emptyMeans",
    "isActive",
    "tags",
    "version",
    "lastRunAt",
    "lastStatus",
    "nextRunAt",
    "createdBy",
    "ownerId",
    "createdAt",
    "updatedAt",
    "warnings",
}
CAMPAIGN_KEYS = {
    "id",
    "tenantId",
    "name",
    "channel",
    "status",
    "currency",
    "budget",
    "startDate",
    "endDate",
}
RUN_KEYS = {
    "removedCharacters",
    "sentAs",
    "sentSize",
    "linkExpiresAt",
    "linksRevokedAt",
    "fileRemovedAt",
    "id",
    "scheduledExportId",
    "tenantId",
    "trigger",
    "triggeredBy",
    "scheduledFor",
    "missedTicks",
    "windowStart",
    "windowEnd",
    "format",
    "status",
    "fileName",
    "fileSize",
    "sha256",
    "recordCount",
    "recipients",
    "error",
    "errorCode",
    "attempt",
    "nextAttemptAt",
    "createdAt",
    "startedAt",
    "completedAt",
    "deliveries",
}
DELIVERY_KEYS = {
    "channel",
    "target",
    "status",
    "attempts",
    "error",
    "sentAt",
    "sentAs",
    "sentSize",
    "destinationId",
    "location",
}

BAD_LISTS: list[tuple[dict[str, str], str]] = [
    ({"page": "0"}, "/page"),
    ({"page": "x"}, "/page"),
    ({"page": "99999999999999999999"}, "/page"),
    ({"page": "1000000"}, "/page"),
    ({"cursor": "marker"}, "/cursor"),
    ({"cursor": "\u00e9" * 40}, "/cursor"),
    ({"cursor": "x" * 2001}, "/cursor"),
    ({"size": "0"}, "/size"),
    ({"size": "201"}, "/size"),
    ({"size": "-1"}, "/size"),
    ({"sort": "marker"}, "/sort"),
    ({"sort": "--name"}, "/sort"),
    ({"sort": "tenantId"}, "/sort"),
    ({"sort": "-"}, "/sort"),
    ({"tenantId": "marker"}, "/tenantId"),
    ({"q": "x" * 201}, "/q"),
    ({"q": "a\0b"}, "/q"),
]
"""Queries that no list takes, and the parameter that is to blame."""


class Api:
    """One caller of the app. Each call is a whole request through the ASGI interface."""

    def __init__(
        self,
        app: FastAPI,
        runner: asyncio.Runner,
        token: str | None = None,
        address: str = "192.0.2.7",
        base_url: str = "http://exports.test",
    ) -> None:
        self.app = app
        self.runner = runner
        self.token = token
        self._base_url = base_url
        self._transport = httpx.ASGITransport(app=app, client=(address, 4711))

    def using(self, token: str | None, address: str = "192.0.2.7") -> "Api":
        return Api(self.app, self.runner, token, address)

    def request(
        self, method: str, path: str, *, headers: dict[str, Any] | None = None, **options: Any
    ) -> httpx.Response:
        sent = (
            {"Authorization": f"Bearer {self.token}".encode("latin-1")}
            if self.token is not None
            else {}
        )
        answer = self.runner.run(self._send(method, path, sent | (headers or {}), options))
        assert not (lacking := missing(self.app, method, path, answer)), (
            f"{lacking}: name it in exports_app/api/document/operations.py"
        )
        return answer

    async def _send(
        self, method: str, path: str, headers: dict[str, Any], options: dict[str, Any]
    ) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url=self._base_url) as client:
            return await client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)


def token_for(auth: Auth, user: User) -> str:
    """A fresh access token without the slow way through the password."""
    return auth.token_for(user).access_token


def schedule_body(**changes: Any) -> dict[str, Any]:
    """Every Monday at nine in Berlin, all campaigns, CSV."""
    body: dict[str, Any] = {
        "name": "Weekly numbers",
        "exportType": "campaigns",
        "format": "csv",
        "schedule": "0 9 * * 1",
        "timezone": "Europe/Berlin",
        "recipients": ["ann@example.com"],
    }
    return body | changes


def problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The answer's body, which must be a whole problem document (RFC 9457) of this status."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    body: dict[str, Any] = answer.json()
    assert set(body) == PROBLEM_KEYS
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    if code is not None:
        assert body["code"] == code
    cause = CAUSES[body["code"]]
    assert (body["type"], body["title"], status) == (cause.type, cause.title, cause.status)
    for error in body["errors"]:
        assert {*error} - {"parameter"} == {"pointer", "detail"}
        if answer.request.method == "GET" and error["pointer"].strip("/"):
            of = error["parameter"].replace("~", "~0").replace("/", "~1")
            assert error["pointer"].split("/")[1] == of
        assert error["pointer"] == "" or error["pointer"].startswith("/")
        assert len(error["detail"]) > 5
    assert bool(body["errors"]) == (status == 422 or body["code"] == "name_taken")
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if status in {429, 503}:
        assert int(answer.headers["retry-after"]) >= 1
    return body


def pointers(answer: httpx.Response) -> list[str]:
    """Where a refused body is wrong."""
    return [error["pointer"] for error in problem(answer, 422, "invalid")["errors"]]
