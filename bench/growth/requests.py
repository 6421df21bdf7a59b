"""Every GET of the API, as those who may call it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bench.growth.aims import FIRST_BYTE, FLAT, TENANTS, Aim
from bench.growth.callers import ADMIN, FEW, SUPER, Caller, client
from bench.growth.clocks import Clock
from bench.growth.operations import Operation

SIZE = 20
"""Rows of a page."""
REACH = 10_000
"""Rows that pages by number reach; what is behind them is read by a cursor."""
EVERYONE, ADMINS, SUPERS, ONE = (ADMIN, FEW, SUPER), (ADMIN, FEW), (SUPER,), (ADMIN,)
LIST, AUDIT = "/api/scheduled-exports", "/api/audit"
OF_RUN = f"{LIST}/{{schedule}}/history/{{run}}"
TENANT = "/api/tenants/{tenant}"
LEFT_OUT = {
    f"{LIST}/{{schedule_id}}/history/{{history_id}}/file": "reads a file, by its run's id",
    "/api/runs/{run_id}/file": "reads a file, by its run's id",
    "/api/files/{delivery_id}": "reads a file, by its delivery's id",
    "/api/session/end": "for browsers: ends a session by its id",
    "/api/session/{code}": "for browsers: redeems a code that works once",
    "/api/download/{code}": "for browsers: redeems a code that works once",
    "/api/docs": "a page without data",
    "/api/docs/start.js": "a script without data",
    "/api/openapi.json": "a document without data",
    "/api/definition.schema.json": "a document without data",
    "/.well-known/security.txt": "reads no data",
}
"""Routes that are not measured, and why."""


@dataclass(frozen=True)
class Request:
    """whole: the parameter `tenantId` is left out for a super admin, who sees all."""

    name: str
    path: str
    callers: tuple[str, ...] = EVERYONE
    aim: Aim = FLAT
    pages: bool = False
    """Whether its last page within reach is measured too, and a page by cursor."""


def _of_tenant(name: str, path: str, query: str = "", *, pages: bool = False) -> list[Request]:
    """For admins with their tenant; for a super admin over all tenants."""
    joined = f"&{query}" if query else ""
    return [
        Request(name, f"{path}?size={SIZE}&tenantId={{tenant}}{joined}", ADMINS, TENANTS, pages),
        Request(name, f"{path}?size={SIZE}{joined}", SUPERS, FLAT, pages),
    ]


REQUESTS = [
    *_of_tenant("list, page 1", LIST, pages=True),
    *_of_tenant("list by name", LIST, "sort=name"),
    *_of_tenant("list by next run", LIST, "sort=nextRunAt"),
    *_of_tenant("list by last run, descending", LIST, "sort=-lastRunAt"),
    # The order by owner is of one tenant
    _of_tenant("list by owner", LIST, "sort=owner")[0],
    _of_tenant("list by owner: failed", LIST, "sort=owner&lastStatus=failed")[0],
    *_of_tenant("list, search: two words", LIST, "q=Zürich"),
    *_of_tenant("list, search: part of a word", LIST, "q=etent"),
    *_of_tenant("list, search: nothing found", LIST, "q=xylophone"),
    *_of_tenant("list: failed", LIST, "lastStatus=failed"),
    *_of_tenant("list: paused, one format", LIST, "isActive=false&format=csv"),
    Request("schedule", f"{LIST}/{{schedule}}"),
    Request("history", f"{LIST}/{{schedule}}/history?limit=50", aim=TENANTS, pages=True),
    Request("notices", f"{LIST}/{{schedule}}/notices"),
    Request("run", OF_RUN),
    Request("attempts", f"{OF_RUN}/attempts"),
    Request("downloads", f"{OF_RUN}/downloads"),
    *_of_tenant("audit, page 1", AUDIT, pages=True),
    *_of_tenant("audit, search: a name", AUDIT, "q=Müller"),
    *_of_tenant("audit, search: nothing found", AUDIT, "q=xylophone"),
    *_of_tenant("audit, one area", AUDIT, "area=member"),
    Request("audit of the installation", f"{AUDIT}?size={SIZE}&installation=true", SUPERS),
    Request("tenant", TENANT, ADMINS),
    Request("quotas", f"{TENANT}/quotas", ADMINS),
    Request("members", f"{TENANT}/members", ADMINS, TENANTS),
    Request("invitations", f"{TENANT}/invitations", ADMINS),
    Request("campaign figures", f"{TENANT}/analytics/campaigns", ADMINS),
    Request("export figures, warm", f"{TENANT}/analytics/exports", ADMINS),
    *_of_tenant("campaigns, page 1", "/api/campaigns", pages=True),
    *_of_tenant("campaigns, search", "/api/campaigns", "q=sale"),
    Request("campaign", "/api/campaigns/{campaign}"),
    Request("users, page 1", f"/api/users?size={SIZE}", SUPERS, pages=True),
    Request("users, search: a name", f"/api/users?size={SIZE}&q=Tanaka", SUPERS),
    Request("users, search: nothing found", f"/api/users?size={SIZE}&q=xylophone", SUPERS),
    Request("who am I", "/api/auth/me", ADMINS),
    Request("who am I (all tenants)", "/api/auth/me", SUPERS, Aim(None, 50)),
    Request("account", "/api/account", ONE),
    Request("own sessions", "/api/account/sessions", ONE),
    Request("leaving a tenant", f"/api/account{TENANT.removeprefix('/api')}", ADMINS),
    Request("second factor", "/api/account/second-factor", ONE),
    Request("metrics", "/api/metrics", ONE),
    Request("health", "/api/health", ONE),
]


class Api:
    def __init__(self, app: FastAPI, callers: dict[str, Caller], watch: Clock) -> None:
        self._app = app
        self._watch = watch
        self._callers = callers
        self._clients = {key: client(app, caller.token) for key, caller in callers.items()}

    async def operations(self) -> list[Operation]:
        found = []
        for request in REQUESTS:
            for key in request.callers:
                path = request.path.format(**self._callers[key].places)
                found.append(self._get(request.name, key, path, request.aim))
                if request.pages:
                    found += [o async for o in self._further(request, key, path)]
        return found

    def _get(self, name: str, key: str, path: str, aim: Aim) -> Operation:
        async def do() -> None:
            (await self._clients[key].get(path)).raise_for_status()

        return Operation(name, key, do, aim)

    async def _further(self, request: Request, key: str, path: str) -> AsyncIterator[Operation]:
        """The last page that numbers reach, and the one that a cursor leads to from there."""
        http, name = self._clients[key], request.name.removesuffix(", page 1")
        first = (await http.get(path)).json()
        last = max(1, min(first["total"], REACH) // SIZE)
        answers = [first]
        if "page" in first:
            yield self._get(f"{name}, last page in reach", key, f"{path}&page={last}", request.aim)
            near = [page for page in (last, last - 1) if page > 1]
            answers = [(await http.get(f"{path}&page={page}")).json() for page in near] + answers
        for answer in answers:
            if cursor := answer.get("nextCursor"):
                where = httpx.QueryParams({"cursor": cursor})
                yield self._get(
                    f"{name}, by cursor from there", key, f"{path}&{where}", request.aim
                )
                return

    def files(self) -> Iterator[Operation]:
        """What is sent as a stream."""
        for key in EVERYONE:
            query = "" if key == SUPER else f"tenantId={self._callers[key].tenant_id}"
            yield self._streamed("audit CSV, first byte", key, query, Aim(None, FIRST_BYTE))
            yield self._streamed("audit CSV, 1,000 rows of it", key, query, Aim(), whole=True)

    def _streamed(
        self, name: str, key: str, query: str, aim: Aim, *, whole: bool = False
    ) -> Operation:
        async def do() -> float:
            token = self._callers[key].token
            first, all_of_it, rows = await streamed(
                self._app, f"{AUDIT}/csv", query, token, self._watch
            )
            return all_of_it / rows * 1_000 if whole else first

        return Operation(name, key, do, aim)

    async def close(self) -> None:
        for http in self._clients.values():
            await http.aclose()


async def streamed(
    app: FastAPI, path: str, query: str, token: str, watch: Clock
) -> tuple[float, float, int]:
    """Milliseconds to the first byte and to the last, and the number of lines. Called as the server
    does: httpx would collect the whole answer."""
    watch.begin()
    first, lines, status = 0.0, 0, 0
    asked, ended = False, asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await ended.wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal first, lines, status
        status = message.get("status", status)
        if body := message.get("body"):
            first = first or watch.ms()
            lines += body.count(b"\n")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    ended.set()
    if status != 200:
        raise SystemExit(f"{path} answered {status}")
    return first, watch.ms(), lines


def unmeasured(app: FastAPI) -> list[str]:
    """GET routes that no request here calls, and that are not left out for a reason."""
    called = {request.path.partition("?")[0] for request in REQUESTS} | {f"{AUDIT}/csv"}
    names = {
        "{tenant}": "{tenant_id}",
        "{schedule}": "{schedule_id}",
        "{run}": "{history_id}",
        "{campaign}": "{campaign_id}",
    }
    for ours, theirs in names.items():
        called = {path.replace(ours, theirs) for path in called}
    routes = {
        route.path
        for route in app.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    return sorted(routes - called - LEFT_OUT.keys())
