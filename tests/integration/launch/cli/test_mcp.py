"""The command mcp before it serves, and its calls of the API."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from exports_app.cli.main import main
from exports_app.cli.mcp_server import answers
from exports_app.cli.mcp_server.tools import Reading
from exports_app.cli.remote import KEY, Remote
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


Serving = Callable[..., tuple[Remote, list[str]]]


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """Starts a server with one answer; returns how to call it, and what was asked for."""
    monkeypatch.setenv(KEY, "exa_x")
    with ExitStack() as stack:

        def start(status: int, body: bytes, **headers: str) -> tuple[Remote, list[str]]:
            seen: list[str] = []
            of = {"status": status, "body": body, "headers_sent": headers, "seen": seen}
            server = HTTPServer(("127.0.0.1", 0), type("Of", (Handler,), of))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            for end in (server.server_close, thread.join, server.shutdown):  # the last one first
                stack.callback(end)
            return Remote(f"http://127.0.0.1:{server.server_port}"), seen

        yield start


def test_it_does_not_begin_without_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    assert main(["mcp", "--url", "http://localhost:1"]) == 1
    assert f"set {KEY}" in capsys.readouterr().err


def test_http_is_for_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "exa_x")
    with pytest.raises(ExportsError, match="must begin with https"):
        Remote("http://exports.example.com")
    for url in ("https://exports.example.com", "http://localhost:3720", "http://[::1]:3720"):
        Remote(url)


def test_a_redirect_does_not_take_the_key_along(serving: Serving) -> None:
    api, seen = serving(302, b"", Location="/elsewhere")
    with pytest.raises(ExportsError, match="redirects"):
        api.ask("GET", "/api/runs", {"limit": 1, "failing": True, "status": None})
    assert seen == ["/api/runs?limit=1&failing=true"]


def test_no_proxy_gets_the_key_on_this_machine(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nothing answers there
    api, seen = serving(200, b"[]")
    assert api.ask("GET", "/api/runs") == []
    assert seen == ["/api/runs"]


@pytest.mark.parametrize("slug", ["３" * 32 + "----", "0" * 36, "{" + "0" * 34 + "}"])
def test_what_only_looks_like_an_id_is_a_slug(serving: Serving, slug: str) -> None:
    api, seen = serving(200, b'{"items": []}')
    with pytest.raises(ExportsError, match="no scheduled export with the slug"):
        Reading(api).found(slug)
    assert seen[0].startswith("/api/scheduled-exports?slug=")


@pytest.mark.parametrize("status", [200, 502])
def test_what_is_no_json_is_an_error(serving: Serving, status: int) -> None:
    api, _ = serving(status, b"<html>")
    with pytest.raises(ExportsError, match="not as this app does"):
        api.ask("GET", "/api/runs")


def test_only_deliveries_that_failed_are_told_as_such(serving: Serving) -> None:
    statuses = ["pending", "sending", "accepted", "failed", "unknown", "skipped"]
    sent = [{"target": name, "status": name, "attempts": 1} for name in statuses]
    run = {"id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "scheduledExportId": "x"}
    run |= {"status": "partial", "trigger": "manual", "createdAt": "", "error": None}
    # One answer for both calls: the run, and the list of its attempts
    whole = run | {"deliveries": sent, "nextAttemptAt": "2026-01-02T03:04:05Z", "items": []}
    api, _ = serving(200, json.dumps(whole).encode())
    found = Reading(api).why_did_it_fail(run_id=run["id"])
    assert [each.target for each in found.failed_deliveries] == ["failed", "unknown"]
    assert found.explanation == (
        "The run is partial. 1 of 6 recipients did not get it. "
        "It is not known whether 1 of 6 recipients got it. "
        "It will be retried at 2026-01-02T03:04:05Z."
    )


def test_long_texts_and_lists_are_cut() -> None:
    found, was_cut = answers.cut({"a": ["x" * 2_000], "b": list(range(60)), "c": 1})
    assert was_cut
    assert len(found["a"][0]) == answers.TEXT + 1
    assert (found["b"], found["c"]) == (list(range(answers.ITEMS)), 1)
    assert answers.cut({"a": ["x"], "b": None}) == ({"a": ["x"], "b": None}, False)


def test_what_a_tool_does_not_answer_shortens_nothing(serving: Serving) -> None:
    kind = {"key": "campaigns", "label": "Campaigns", "description": "x", "columns": [{"key": "a"}]}
    catalog = {"exportTypes": [kind], "formats": [], "channels": [], "presets": [], "periods": []}
    zones = {"zones": [f"Zone/{i}" for i in range(600)]}
    api, _ = serving(200, json.dumps(catalog | zones).encode())
    found = Reading(api).get_catalog()
    assert (found.shortened, found.export_types[0].columns) == (False, ["a"])
    many = kind | {"columns": [{"key": str(i)} for i in range(60)]}
    api, _ = serving(200, json.dumps(catalog | {"exportTypes": [many]}).encode())
    assert Reading(api).get_catalog().shortened
