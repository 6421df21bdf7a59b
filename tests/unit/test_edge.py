"""The outermost layer: the browser's cookie on pages, the limit of websockets, the pages that only the browser can make."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from exports_app.api.edge import MAX_SOCKETS_PER_ADDRESS, Edge
from exports_app.services.sessions import BROWSER_COOKIE, cookie

App = Callable[[Any, Any, Any], Awaitable[None]]
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


def answering(status: int = 200, headers: list[tuple[bytes, bytes]] = HTML) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


def requested(edge: App, path: str, method: str = "GET", scheme: str = "http", held: str = "") -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url=f"{scheme}://exports.test") as client:
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
    def test_so_does_a_page_that_is_not_there_or_was_kept(self, tmp_path: Path, status: int) -> None:
        edge = Edge(answering(status, [] if status == 304 else HTML), answering(), tmp_path)
        assert "set-cookie" in requested(edge, "/nope").headers

    @pytest.mark.parametrize(
        "path", ["/api", "/api/health", "/api/docs", "/assets/a.js", "/assets/page", "/favicon.svg", "/a/b.html"]
    )
    def test_nothing_but_a_page_gives_one(self, tmp_path: Path, path: str) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), tmp_path), path).headers

    def test_only_html_is_a_page(self, tmp_path: Path) -> None:
        edge = Edge(answering(200, [(b"content-type", b"application/json")]), answering(), tmp_path)
        assert "set-cookie" not in requested(edge, "/ping").headers

    @pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
    def test_only_a_get_gives_one(self, tmp_path: Path, method: str) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), tmp_path), "/", method).headers

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
    def test_it_is_for_https_alone_where_there_is_https(self, tmp_path: Path, scheme: str, public_url: str, secure: bool) -> None:
        answer = requested(Edge(answering(), answering(), tmp_path, public_url), "/", scheme=scheme)
        assert answer.headers["set-cookie"].endswith("; Secure") is secure

    def test_a_server_without_pages_gives_none(self) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), None), "/").headers


class Sockets:
    """Stands for Reflex: holds every websocket until the test ends it, in one way or another."""

    def __init__(self, folder: Path) -> None:
        self.edge = Edge(self._app, answering(), folder)
        self.held: list[asyncio.Future[None]] = []

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        end = asyncio.get_running_loop().create_future()
        self.held.append(end)
        await end

    async def open(self, address: str | None = "192.0.2.1", **headers: str) -> "tuple[asyncio.Task[None], list[Any]]":
        """The connection, and what was sent on it so far."""
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "websocket",
            "path": "/_event",
            "client": (address, 4711) if address else None,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        task = asyncio.ensure_future(self.edge(scope, receive, send))
        await asyncio.sleep(0)
        return task, sent


def refused(code: int) -> list[Any]:
    return [{"type": "websocket.close", "code": code}]


class TestWebsockets:
    def test_an_address_has_only_so_many_at_a_time(self, tmp_path: Path) -> None:
        async def story() -> None:
            sockets = Sockets(tmp_path)
            opened = [await sockets.open() for _ in range(MAX_SOCKETS_PER_ADDRESS)]
            with structlog.testing.capture_logs() as logs:
                task, sent = await sockets.open()
            await task
            assert sent == refused(4429)
            assert [(entry["event"], entry["address"]) for entry in logs] == [("too many websockets", "192.0.2.1")]
            assert len(sockets.held) == MAX_SOCKETS_PER_ADDRESS
            assert not any(task.done() or sent for task, sent in [*opened, await sockets.open("192.0.2.2")])
            for end in sockets.held:
                end.set_result(None)

        asyncio.run(story())

    @pytest.mark.parametrize("way", ["closed", "failed", "cancelled"])
    def test_one_that_ends_makes_room_however_it_ends(self, tmp_path: Path, way: str) -> None:
        async def story() -> None:
            sockets = Sockets(tmp_path)
            opened = [await sockets.open() for _ in range(MAX_SOCKETS_PER_ADDRESS)]
            for task, _ in opened[:2]:
                end = sockets.held.pop(0)
                if way == "closed":
                    end.set_result(None)
                elif way == "failed":
                    end.set_exception(ConnectionResetError())
                else:
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            room = [await sockets.open() for _ in range(3)]
            assert [sent for _, sent in room] == [[], [], refused(4429)]
            for end in sockets.held:
                end.set_result(None)
            await asyncio.gather(*(task for task, _ in [*opened[2:], *room]))
            assert not sockets.edge._sockets

        asyncio.run(story())

    def test_another_sites_counts_for_nothing_and_a_nameless_client_is_counted_too(self, tmp_path: Path) -> None:
        async def story() -> None:
            sockets = Sockets(tmp_path)
            for _ in range(MAX_SOCKETS_PER_ADDRESS + 1):
                task, sent = await sockets.open(origin="http://evil.example", host="exports.test")
                await task
                assert sent == refused(4403)
            for _ in range(MAX_SOCKETS_PER_ADDRESS):
                await sockets.open(None)
            assert (await sockets.open(None))[1] == refused(4429)
            assert (await sockets.open())[1] == []
            for end in sockets.held:
                end.set_result(None)

        asyncio.run(story())


def test_the_policy_goes_with_what_may_be_shown_as_a_page(tmp_path: Path) -> None:
    for kind, wanted in ((b"text/html", True), (b"image/svg+xml", True), (b"application/json", True), (b"text/css", False)):
        answer = requested(Edge(answering(headers=[(b"content-type", kind)]), answering(), tmp_path), "/assets/one")
        assert ("content-security-policy" in answer.headers) is wanted
        assert answer.headers["x-content-type-options"] == "nosniff"
