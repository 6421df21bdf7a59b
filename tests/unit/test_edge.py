"""The outermost layer: the browser's cookie on pages, websockets of other sites, the pages that
only the browser can make."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from exports_app.api.middleware import slow_clients
from exports_app.api.middleware.gateway import Edge
from exports_app.api.middleware.proxies import TrustedProxies
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from tests.loopwatch import watched

App = Callable[[Any, Any, Any], Awaitable[None]]
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


def answering(status: int = 200, headers: list[tuple[bytes, bytes]] = HTML) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


def requested(
    edge: Edge,
    path: str,
    method: str = "GET",
    scheme: str = "http",
    held: str = "",
    host: str = "exports.test",
) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(edge), base_url=f"{scheme}://{host}"
        ) as client:
            return await client.request(method, path, headers={"Cookie": held} if held else {})

    return asyncio.run(get())


class TestTheBrowsersCookie:
    def test_a_page_gives_each_new_browser_a_value_of_its_own(self, tmp_path: Path) -> None:
        edge = Edge(answering(), answering(), tmp_path)
        values = set()
        for path in ("/", "/scheduled-exports", "/scheduled-exports/0a1b", "/login?next=/x.html"):
            answer = requested(edge, path)
            (given,) = answer.headers.get_list("set-cookie")
            pair, *rest = given.split("; ")
            assert rest == ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"]
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["x-content-type-options"] == "nosniff"
            values.add(cookie(pair, BROWSER_COOKIE))
        assert len(values) == 4
        assert {len(value) for value in values} == {43}

    @pytest.mark.parametrize("status", [404, 304])
    def test_so_does_a_page_that_is_not_there_or_was_kept(
        self, tmp_path: Path, status: int
    ) -> None:
        edge = Edge(answering(status, [] if status == 304 else HTML), answering(), tmp_path)
        assert "set-cookie" in requested(edge, "/nope").headers

    @pytest.mark.parametrize(
        "path",
        [
            "/api",
            "/api/health",
            "/api/docs",
            "/assets/a.js",
            "/assets/page",
            "/favicon.svg",
            "/a/b.html",
        ],
    )
    def test_nothing_but_a_page_gives_one(self, tmp_path: Path, path: str) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), tmp_path), path).headers

    def test_only_html_is_a_page(self, tmp_path: Path) -> None:
        edge = Edge(answering(200, [(b"content-type", b"application/json")]), answering(), tmp_path)
        assert "set-cookie" not in requested(edge, "/ping").headers

    @pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
    def test_only_a_get_gives_one(self, tmp_path: Path, method: str) -> None:
        assert (
            "set-cookie"
            not in requested(Edge(answering(), answering(), tmp_path), "/", method).headers
        )

    def test_a_browser_keeps_the_one_it_has(self, tmp_path: Path) -> None:
        edge = Edge(answering(), answering(), tmp_path)
        kept = requested(edge, "/", held=f"a={{}}; {BROWSER_COOKIE}=abc")
        assert "set-cookie" not in kept.headers
        assert kept.headers["cache-control"] == "no-cache"
        for broken in ("", "a b", '"'):
            assert "set-cookie" in requested(edge, "/", held=f"{BROWSER_COOKIE}={broken}").headers

    @pytest.mark.parametrize(
        ("scheme", "public_url", "secure"),
        [
            ("http", "", False),
            ("https", "", True),
            ("http", "https://exports.example", True),
            ("http", "http://exports.example", False),
        ],
    )
    def test_it_is_for_https_alone_where_there_is_https(
        self, tmp_path: Path, scheme: str, public_url: str, secure: bool
    ) -> None:
        host = "exports.example" if public_url else "exports.test"
        answer = requested(
            Edge(answering(), answering(), tmp_path, public_url), "/", scheme=scheme, host=host
        )
        given = answer.headers["set-cookie"]
        assert given.endswith("; Secure") is secure
        assert given.startswith(f"__Host-{BROWSER_COOKIE}=" if secure else f"{BROWSER_COOKIE}=")
        assert cookie(given.partition(";")[0], BROWSER_COOKIE)

    @pytest.mark.parametrize(
        ("scheme", "public_url"), [("https", ""), ("http", "https://exports.test")]
    )
    def test_over_https_one_that_a_subdomain_may_have_set_is_none(
        self, tmp_path: Path, scheme: str, public_url: str
    ) -> None:
        seen: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append(
                b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode()
            )
            await answering()(scope, receive, send)

        edge = Edge(app, app, tmp_path, public_url)
        planted = f"theme=dark; {BROWSER_COOKIE}=planted; exports_session=planted"
        assert "set-cookie" in requested(edge, "/", scheme=scheme, held=planted).headers
        assert (
            "set-cookie"
            not in requested(
                edge, "/", scheme=scheme, held=f"{planted}; __Host-{BROWSER_COOKIE}=ours"
            ).headers
        )
        assert all("planted" not in header and "theme=dark" in header for header in seen)
        assert cookie(seen[1], BROWSER_COOKIE) == "ours"

    def test_a_server_without_pages_gives_none(self) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), None), "/").headers


def websocket(edge: Edge, **headers: str) -> list[Any]:
    """What a handshake with these headers is answered."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "websocket",
        "path": "/_event",
        "client": ("192.0.2.1", 4711),
        "headers": pairs,
    }
    asyncio.run(edge(scope, receive, send))
    return sent


def test_another_sites_websocket_is_refused_before_anything_counts_it(tmp_path: Path) -> None:
    edge = Edge(answering(), answering(), tmp_path)
    refused = [{"type": "websocket.close", "code": 4403}]
    assert websocket(edge, origin="http://evil.example", host="exports.test") == refused


class TestTheHost:
    def edge(self, folder: Path, public_url: str = "https://exports.example.com") -> Edge:
        return Edge(answering(), answering(), folder, public_url)

    def asked(self, edge: Edge, *hosts: str, path: str = "/") -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", host.encode()) for host in hosts]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "scheme": "http",
            "headers": headers,
        }
        asyncio.run(edge(scope, None, send))  # type: ignore[arg-type]  # nothing is received
        return int(sent[0]["status"])

    @pytest.mark.parametrize(
        "host", ["exports.example.com", "exports.example.com:443", "Exports.Example.com"]
    )
    def test_the_public_one_is_served(self, tmp_path: Path, host: str) -> None:
        assert self.asked(self.edge(tmp_path), host) == 200
        assert self.asked(self.edge(tmp_path), host, path="/api/auth/me") == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "exports.example.com.evil.example",
            "exports.example.com:80",
            "127.0.0.1:3720",
            "localhost",
            "",
            "[::1",
            "a:b",
        ],
    )
    def test_another_one_is_refused(self, tmp_path: Path, host: str) -> None:
        for path in ("/", "/api/auth/login", "/assets/x.js", "/.well-known/security.txt"):
            assert self.asked(self.edge(tmp_path), host, path=path) == 421
        assert self.asked(self.edge(tmp_path, ""), host) == 200

    def test_none_and_two_are_refused(self, tmp_path: Path) -> None:
        assert self.asked(self.edge(tmp_path)) == 421
        assert self.asked(self.edge(tmp_path), "exports.example.com", "evil.example") == 421

    @pytest.mark.parametrize("path", ["/api/health", "/api/metrics"])
    def test_load_balancers_and_prometheus_may_ask_by_any(self, tmp_path: Path, path: str) -> None:
        assert self.asked(self.edge(tmp_path), "10.0.0.7:3720", path=path) == 200

    def test_the_port_of_a_public_address_counts(self, tmp_path: Path) -> None:
        edge = self.edge(tmp_path, "http://exports.lan:8080/")
        assert [self.asked(edge, host) for host in ("exports.lan:8080", "exports.lan")] == [
            200,
            421,
        ]

    def test_so_it_is_for_websockets(self, tmp_path: Path) -> None:
        edge, good = self.edge(tmp_path), "exports.example.com"
        refused = [{"type": "websocket.close", "code": 4421}]
        assert websocket(edge, host="evil.example", origin="https://evil.example") == refused
        assert websocket(edge, host=good, origin=f"https://{good}") != refused


class TestLargeHeaders:
    """They are refused before anything reads them: ``;`` in a Cookie took 0.17 s of the event
    loop."""

    PROXY = ("127.0.0.1", 4711)

    def app(self, folder: Path) -> TrustedProxies:
        async def unreached(scope: Any, receive: Any, send: Any) -> None:
            raise AssertionError("the request was let in")

        return TrustedProxies(Edge(unreached, unreached, folder), (ip_network("127.0.0.1"),))

    def sent(self, app: App, path: str, name: bytes, value: bytes, kind: str = "http") -> list[Any]:
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": f"{kind}.connect"}

        async def send(message: Any) -> None:
            messages.append(message)

        headers = [(b"host", b"exports.test"), (name, value)]
        scope = {
            "type": kind,
            "method": "GET",
            "path": path,
            "scheme": "http",
            "client": self.PROXY,
            "headers": headers,
        }
        asyncio.run(app(scope, receive, send))
        return messages

    @pytest.mark.parametrize(
        "path", ["/login", "/api/health", "/assets/a.js", "/.well-known/security.txt"]
    )
    @pytest.mark.parametrize("name", [b"cookie", b"x-forwarded-for", b"user-agent"])
    def test_everywhere(self, tmp_path: Path, path: str, name: bytes) -> None:
        app = self.app(tmp_path)
        with watched() as watch:
            start, body = self.sent(app, path, name, b";," * 195_000)
        assert start["status"] == 431
        assert {b"x-content-type-options", b"connection"} <= {
            header for header, _ in start["headers"]
        }
        assert b"set-cookie" not in {header for header, _ in start["headers"]}
        assert b"32 KiB" in body["body"]
        assert watch.longest < 0.05

    def test_of_a_websocket_too(self, tmp_path: Path) -> None:
        sent = self.sent(self.app(tmp_path), "/_event", b"cookie", b";" * 40_000, "websocket")
        assert sent == [{"type": "websocket.close", "code": 4431}]

    def test_what_browsers_send_is_let_in(self, tmp_path: Path) -> None:
        app = TrustedProxies(Edge(answering(), answering(), tmp_path), (ip_network("127.0.0.1"),))
        assert self.sent(app, "/login", b"cookie", b"a=b; " * 4_000)[0]["status"] == 200


class TestSlowClients:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(slow_clients, "PATIENCE", 0.3)

    def post(
        self,
        edge: Edge,
        parts: list[bytes],
        pause: float,
        *,
        announced: bool = True,
        path: str = "/api/x",
        client: str = "",
    ) -> tuple[list[Any], float]:
        """The answer to a request whose body comes in these parts, and the seconds it took."""
        sent: list[Any] = []
        left = [*parts]

        async def receive() -> Any:
            await asyncio.sleep(pause)
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", b"100")] if announced else []
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "scheme": "http",
            "headers": headers,
        }
        if client:
            scope["client"] = (client, 4711)
        begun = time.monotonic()
        asyncio.run(edge(scope, receive, send))
        return sent, time.monotonic() - begun

    @pytest.fixture
    def edge(self, tmp_path: Path) -> Edge:
        async def reads(scope: Any, receive: Any, send: Any) -> None:
            while (message := await receive())["type"] == "http.request":
                if not message["more_body"]:
                    break
            await answering(200 if message["type"] == "http.request" else 422)(scope, receive, send)

        return Edge(answering(), reads, tmp_path)

    def test_a_body_that_does_not_come_is_cut_off(self, edge: Edge) -> None:
        sent, took = self.post(edge, [b"a", b"b"], pause=5)
        assert [message.get("status") for message in sent] == [408, None]
        assert (b"connection", b"close") in sent[0]["headers"]
        assert took < 2

    def test_the_log_shows_neither_a_one_time_code_nor_all_of_a_long_path(self, edge: Edge) -> None:
        with structlog.testing.capture_logs() as logs:
            self.post(edge, [b"a", b"b"], pause=5, path="/api/session/SECRET", client="192.0.2.1")
            self.post(edge, [b"a", b"b"], pause=5, path="/api/" + "x" * 16_000, client="192.0.2.2")
            self.post(
                edge, [b"a", b"b"], pause=5, path="/api/again", client="192.0.2.2"
            )  # one line an incident
        assert [entry["path"] for entry in logs] == ["/api/session/***", "/api/" + "x" * 295]

    @pytest.mark.parametrize("limit", ["NETWORK_BODIES", "BODIES", "NETWORK_BYTES", "BYTES"])
    def test_of_too_many_the_oldest_is_cut_off(
        self, edge: Edge, monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        monkeypatch.setattr(slow_clients, "PATIENCE", 30)
        monkeypatch.setattr(slow_clients, limit, 3 if limit.endswith("BODIES") else 3 * 1_000)
        statuses: dict[int, int] = {}

        async def request(number: int, rest: asyncio.Event) -> None:
            parts = [b"a" * 1_000, b""]

            async def receive() -> Any:
                if len(parts) == 1:
                    await rest.wait()
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

            async def send(message: Any) -> None:
                statuses.setdefault(number, message.get("status", 0))

            client = (
                "192.0.2.1"
                if number < 4 or limit.startswith("NETWORK")
                else f"198.51.100.{number}",
                4711,
            )
            headers = [(b"content-length", b"1000")]
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/api/x",
                "scheme": "http",
                "headers": headers,
                "client": client,
            }
            await edge(scope, receive, send)

        async def crowd() -> None:
            rest = asyncio.Event()
            tasks = [asyncio.create_task(request(number, rest)) for number in range(5)]
            await asyncio.wait(tasks[:2])
            rest.set()
            await asyncio.gather(*tasks)

        with structlog.testing.capture_logs() as logs:
            asyncio.run(asyncio.wait_for(crowd(), 10))
        assert statuses == {0: 408, 1: 408, 2: 200, 3: 200, 4: 200}
        assert len(logs) == 1

    def test_so_is_one_that_comes_drop_by_drop(self, edge: Edge) -> None:
        sent, took = self.post(edge, [b"a"] * 1_000, pause=0.05)
        assert sent[0]["status"] == 408
        assert took < 2

    def test_a_large_one_may_take_its_time(self, edge: Edge) -> None:
        sent, _ = self.post(edge, [b"a" * 4_000] * 8, pause=0.1)
        assert sent[0]["status"] == 200

    def test_a_request_without_a_body_may_be_answered_slowly(self, tmp_path: Path) -> None:
        async def slow(scope: Any, receive: Any, send: Any) -> None:
            assert (await receive())["type"] == "http.request"
            await answering(200)(scope, receive, send)

        sent, _ = self.post(Edge(answering(), slow, tmp_path), [b""], pause=0.5, announced=False)
        assert sent[0]["status"] == 200


def test_the_policy_goes_with_what_may_be_shown_as_a_page(tmp_path: Path) -> None:
    for kind, wanted in (
        (b"text/html", True),
        (b"image/svg+xml", True),
        (b"application/json", True),
        (b"text/css", False),
    ):
        answer = requested(
            Edge(answering(headers=[(b"content-type", kind)]), answering(), tmp_path), "/assets/one"
        )
        assert ("content-security-policy" in answer.headers) is wanted
        assert answer.headers["x-content-type-options"] == "nosniff"
