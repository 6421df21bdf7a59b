"""The files of docs/deploy for nginx and Caddy: what they write into their logs, and that the ones
for two servers differ only in what concerns two."""

import difflib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.e2e.server import free_port
from tests.paths import ROOT
from tests.proxies import ONE, TWO, front

SECRET = "signature-of-a-link"
CODE = "a-one-time-code"


@pytest.mark.parametrize("servers", [1, 2])
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_logs_hold_no_secrets_also_where_no_server_answers(
    name: str, servers: int, tmp_path: Path
) -> None:
    apps = [f"http://127.0.0.1:{free_port()}" for _ in range(servers)]
    hasty = {"lb_try_duration 5s": "lb_try_duration 1s"} if (name, servers) == ("caddy", 2) else {}
    with front(name, tmp_path / "proxy", apps, free_port(), hasty) as proxy:
        with proxy.client("127.0.0.2") as client:
            referrer = {"Referer": f"{proxy.url}/reset-password?token={SECRET}"}
            answer = client.get(
                f"/api/files/some-id?expires=1&signature={SECRET}", headers=referrer
            )
            assert answer.status_code in {502, 503}
            for method, path in (("GET", "session"), ("HEAD", "download"), ("POST", "uploads")):
                client.request(method, f"/api/{path}/{CODE}?next={SECRET}")
    log = proxy.log()
    assert "/api/files/some-id" in log
    for path in ("session", "download", "uploads"):
        assert f"/api/{path}/***" in log
    assert SECRET not in log
    assert CODE not in log


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_file_of_a_page_that_one_server_has_is_found(name: str, tmp_path: Path) -> None:
    """As in an upgrade, when each server has the pages of its version."""
    files = ({"/assets/old.js"}, {"/assets/new.js"})
    with ExitStack() as held:
        apps = [held.enter_context(app_with(have)) for have in files]
        proxy = held.enter_context(front(name, tmp_path / "proxy", apps, free_port()))
        client = held.enter_context(proxy.client("127.0.0.2"))
        for file in ("old", "new"):
            for _ in range(4):
                assert client.get(f"/assets/{file}.js").status_code == 200
        assert client.get("/assets/neither.js").status_code == 404
        assert client.get("/api/nowhere").status_code == 404


@contextmanager
def app_with(files: set[str]) -> Iterator[str]:
    """The address of a server that is ready and has these files."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in {*files, "/api/ready"} else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("one", "two", "about_two"),
    [
        (
            *(ONE.nginx, TWO.nginx),
            ("upstream", "proxy_next_upstream", "proxy_connect_timeout", "location /assets/"),
        ),
        (
            *(ONE.caddy, TWO.caddy),
            (
                *("reverse_proxy", "lb_", "health_", "fail_duration", "dial_", "(servers)"),
                *("import", "@missing", "handle_response", "transport", "keepalive"),
            ),
        ),
    ],
)
def test_what_both_files_of_a_proxy_say_is_the_same(
    one: str, two: str, about_two: tuple[str, ...]
) -> None:
    texts = [(ROOT / "docs/deploy" / file).read_text().splitlines() for file in (one, two)]
    differ = [
        line[2:].strip()
        for line in difflib.ndiff(*texts)
        if line.startswith(("+ ", "- ")) and not line[2:].strip().startswith("#")
    ]
    differ = [line for line in differ if line]
    assert [line for line in differ if line.startswith(about_two)]
    allowed = (*about_two, "server 1", "zone exports ", "proxy_pass http://exports;", "}")
    assert not [line for line in differ if not line.startswith(allowed)]
