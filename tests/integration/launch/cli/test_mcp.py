"""The command mcp before it serves, and its calls of the API."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from exports_app.cli.main import main
from exports_app.cli.mcp_server import answers, api_client
from exports_app.cli.mcp_server.api_client import ApiClient, ApiError, checked_url
from exports_app.domain import api_keys
from exports_app.domain.errors import ExportsError


class Handler(BaseHTTPRequestHandler):
    status = 200
    headers_sent: ClassVar[dict[str, str]] = {}
    body = b""
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(status: int, body: bytes, **headers: str) -> Iterator[tuple[ApiClient, list[str]]]:
    seen: list[str] = []
    of = {"status": status, "body": body, "headers_sent": headers, "seen": seen}
    server = HTTPServer(("127.0.0.1", 0), type("Of", (Handler,), of))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ApiClient(f"http://127.0.0.1:{server.server_port}", "exa_key"), seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "url", ["exports.example.com", "ftp://x.example", "https://", "http://exports.example.com"]
)
def test_an_address_that_would_not_keep_the_key_secret_is_refused(url: str) -> None:
    with pytest.raises(ExportsError, match="--url must"):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["https://exports.example.com", "http://localhost:3720", "http://[::1]:3720"]
)
def test_https_and_this_machine_are_taken(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(("key", "said"), [("", "Set EXPORTS_APP_KEY"), ("exa_x", "is no API key")])
def test_it_does_not_begin_without_a_key(
    key: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(api_client.KEY, key)
    assert main(["mcp", "--url", "http://localhost:1"]) == 1
    assert said in capsys.readouterr().err


def test_a_whole_key_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    key = api_keys.new()
    monkeypatch.setenv(api_client.KEY, key)
    assert api_client.key_of_environment() == key


def test_a_redirect_does_not_take_the_key_along() -> None:
    with serving(302, b"", Location="/elsewhere") as (api, seen):
        with pytest.raises(ApiError, match="answered 302"):
            api.get("/api/runs")
        assert seen == ["/api/runs"]


def test_what_is_no_json_is_an_error() -> None:
    with serving(200, b"<html>") as (api, _), pytest.raises(ApiError, match="no JSON"):
        api.get("/api/runs")
    with serving(502, b"<html>") as (api, _), pytest.raises(ApiError, match="answered 502"):
        api.get("/api/runs")


def test_an_answer_that_is_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_client, "LARGEST", 3)
    with serving(200, b"12345") as (api, _), pytest.raises(ApiError, match="too large"):
        api.get("/api/runs")


def test_long_texts_and_lists_are_cut() -> None:
    found, was_cut = answers.cut({"a": ["x" * 2_000], "b": list(range(60)), "c": 1})
    assert was_cut
    assert len(found["a"][0]) == answers.TEXT + 1
    assert (found["b"], found["c"]) == (list(range(answers.ITEMS)), 1)
    assert answers.cut({"a": ["x"], "b": None}) == ({"a": ["x"], "b": None}, False)
