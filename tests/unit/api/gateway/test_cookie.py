"""The gateway gives each browser its cookie, and pages their policy."""

from pathlib import Path
from typing import Any

import pytest

from exports_app.api.cookies import only_trusted
from exports_app.api.middleware.gateway import Edge
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie
from tests.unit.api.gateway.requests import HTML, answering, requested


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
        assert "set-cookie" not in requested(edge, "/data").headers

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

    @pytest.mark.parametrize("blank", range(256))
    def test_over_https_no_other_byte_around_a_name_makes_it_ours(self, blank: int) -> None:
        """Browsers store and send `Set-Cookie: \\xa0exports_browser=...` of a subdomain."""
        around = bytes([blank]).decode("latin1")
        for name in (BROWSER_COOKIE, f"__Host-{BROWSER_COOKIE}"):
            for planted in (f"{around}{name}=planted", f"{name}{around}=planted"):
                scope = {"headers": [(b"cookie", planted.encode("latin1"))]}
                (header,) = (value for _, value in only_trusted(scope)["headers"])
                if name.startswith("__Host-") and around in " \t;":
                    continue  # the name itself: no browser takes it from elsewhere
                assert cookie(header.decode("latin1"), BROWSER_COOKIE) == ""

    def test_of_two_different_ones_none_counts(self) -> None:
        name = f"__Host-{BROWSER_COOKIE}"
        assert cookie(f"{name}=planted; {name}=ours", BROWSER_COOKIE) == ""
        assert cookie(f"{name}=ours; {name}=ours", BROWSER_COOKIE) == "ours"

    def test_a_server_without_pages_gives_none(self) -> None:
        assert "set-cookie" not in requested(Edge(answering(), answering(), None), "/").headers


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


@pytest.mark.parametrize("path", ["/_health", "/ping"])
def test_reflexs_own_health_answers_are_closed(tmp_path: Path, path: str) -> None:
    answer = requested(Edge(answering(), answering(), tmp_path), path)
    assert answer.status_code == 404
