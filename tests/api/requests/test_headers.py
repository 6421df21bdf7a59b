"""The security headers go with every kind of answer."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exports_app.api.middleware.gateway import Edge
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.wiring import Services
from tests.api.client import ABSENT
from tests.api.conftest import Clients, Engine
from tests.api.routes import CASES
from tests.world import BROWSER, Cast, make_schedule, sign_in, sign_in_code, trigger_and_execute

ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
REFERRER = {"same-origin", "no-referrer"}
PAGES = {
    "/": (200, b"text/html; charset=utf-8"),
    "/login": (200, b"text/html; charset=utf-8"),
    "/nowhere": (404, b"text/html; charset=utf-8"),
    "/moved": (307, b""),
    "/favicon.svg": (200, b"image/svg+xml"),
    "/data": (200, b"application/json"),
}
PARTS = {
    "/assets/page-1a2b.js": (200, b"text/javascript"),
    "/ui.css": (200, b"text/css"),
    "/assets/font.woff2": (200, b"font/woff2"),
}


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Reflex."""
    status, kind = (PAGES | PARTS)[scope["path"]]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind)] if kind else [],
        }
    )
    await send({"type": "http.response.body", "body": b""})


def check(answer: httpx.Response, *, https: bool) -> None:
    headers = answer.headers
    document = not headers.get("content-type", "").startswith(
        ("text/javascript", "text/css", "font/")
    )
    where = (answer.request.method, str(answer.request.url), answer.status_code, dict(headers))
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS, where
    assert headers["referrer-policy"] in REFERRER, where
    assert headers["cache-control"], where
    assert headers.get("strict-transport-security") == ("max-age=31536000" if https else None), (
        where
    )
    assert (headers.get("cross-origin-opener-policy") == "same-origin") is document, where
    assert ("camera=()" in headers.get("permissions-policy", "")) is document, where
    assert ("frame-ancestors 'none'" in headers.get("content-security-policy", "")) is document, (
        where
    )
    assert all(len(headers.get_list(name)) == 1 for name in {*headers} - {"set-cookie"}), where


Call = Callable[..., httpx.Response]


@pytest.fixture(params=["http", "https"])
def call(
    request: pytest.FixtureRequest, api: Clients, runner: asyncio.Runner, tmp_path: Path
) -> Call:
    """Over http, and over https behind a proxy that PUBLIC_URL tells of."""
    https = request.param == "https"
    edge = Edge(pages, api.anonymous.app, tmp_path, "https://exports.test" if https else "")
    transport = httpx.ASGITransport(edge, client=("192.0.2.7", 4711))

    async def send(method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://exports.test") as client:
            answer = await client.request(method, path, **options)
        check(answer, https=https)
        return answer

    return lambda method, path, **options: runner.run(send(method, path, options))


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", PAGES)
def test_of_pages(call: Call, path: str) -> None:
    assert call("GET", path).status_code == PAGES[path][0]


def test_json_may_load_nothing(call: Call) -> None:
    tag = call("GET", "/api/openapi.json").headers["etag"]
    kept = call("GET", "/api/openapi.json", headers={"If-None-Match": tag})
    assert kept.status_code == 304
    options = call("OPTIONS", "/api/live")
    for answer in (call("GET", "/api/live"), call("GET", "/api/nope"), kept, options):
        policy = answer.headers["content-security-policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", PARTS)
def test_of_their_parts_which_need_no_policy(call: Call, path: str) -> None:
    assert "permissions-policy" not in call("GET", path).headers


HIDDEN = (
    ("GET", "/api/docs"),
    ("GET", "/api/docs/start.js"),
    ("GET", "/api/metrics"),
    ("GET", "/.well-known/security.txt"),
    ("GET", "/api/session/end"),
    ("GET", f"/api/session/{ABSENT}"),
    ("GET", f"/api/download/{ABSENT}"),
    ("POST", f"/api/uploads/{ABSENT}"),
)
"""What the document does not tell of."""


def test_of_every_route_for_a_stranger_and_for_a_viewer(call: Call, api: Clients) -> None:
    document = call("GET", "/api/openapi.json").json()
    told = [(method, path) for path, item in document["paths"].items() for method in item]
    statuses = set()
    for method, path in [*told, *HIDDEN]:
        address = re.sub(r"{\w+}", ABSENT, path)
        statuses.add(call(method, address).status_code)
        if not path.endswith("sign-out-everywhere"):  # that would be the end of the token
            statuses.add(call(method, address, headers=bearer(api.viewer.token)).status_code)
    assert {200, 303, 401, 403, 404, 422} <= statuses


def test_of_every_good_call(call: Call, api: Clients) -> None:
    headers = bearer(api.super_admin.token)
    plain = [case for case in CASES if case.method == "GET" and not case.has_id]
    assert len(plain) > 5
    assert all(call("GET", case.path, headers=headers).status_code in {200, 422} for case in plain)


def test_of_errors_before_a_route(call: Call) -> None:
    assert call("GET", "/api/nowhere").status_code == 404
    assert call("PATCH", "/api/health").status_code == 405
    assert call("POST", "/api/auth/login", content=b"{").status_code == 422
    assert call("POST", "/api/auth/login", content=b"x" * (1024 * 1024 + 1)).status_code == 413


def test_of_documentation(call: Call, api: Clients) -> None:
    assert call("GET", "/api/docs").status_code == 200
    assert call("GET", "/api/openapi.json").status_code == 200


def test_of_downloads_and_redirects(
    call: Call, services: Services, cast: Cast, api: Clients
) -> None:
    run = trigger_and_execute(services, cast.admin.who, make_schedule(services, cast.admin.who))
    path = f"/api/scheduled-exports/{run.scheduled_export_id}/history/{run.id}/file"
    assert (
        call("GET", path, headers=bearer(api.admin.token))
        .headers["content-type"]
        .startswith("text/csv")
    )
    session = sign_in(services, cast.admin.user)
    code = services.browser_downloads.of_run(
        cast.admin.who, session, run.scheduled_export_id, run.id
    )
    cookies = {"Cookie": f"__Host-{SESSION_COOKIE}={session}; __Host-{BROWSER_COOKIE}={BROWSER}"}
    assert call("GET", f"/api/download/{code}", headers=cookies).status_code == 200
    sign_in_address = f"/api/session/{sign_in_code(services, cast.admin.user)}"
    answer = call("GET", sign_in_address, headers=cookies)
    assert (answer.status_code, answer.headers["location"]) == (303, "/scheduled-exports")


def test_of_a_refused_host(call: Call, request: pytest.FixtureRequest) -> None:
    wanted = 421 if request.node.callspec.params["call"] == "https" else 401
    assert call("GET", "/api/auth/me", headers={"Host": "evil.example"}).status_code == wanted


def test_of_a_failure_of_ours(
    call: Call, services: Services, api: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(services.auth, "me", fails)
    assert call("GET", "/api/auth/me", headers=bearer(api.admin.token)).status_code == 500


@pytest.mark.usefixtures("engine")
def test_of_an_unhealthy_server(call: Call, engine: Engine) -> None:
    engine.alive = False
    assert call("GET", "/api/health").status_code == 503
