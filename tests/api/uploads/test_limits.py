"""Files that are too large, too slow or too many."""

import asyncio
import errno
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from exports_app.api import file_body as route
from exports_app.api.middleware.gateway import Edge
from exports_app.domain.errors import NotFound, TooLarge, TooManyRequests
from exports_app.services.campaigns import uploads
from exports_app.wiring import Services
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.api.uploads.sending import CONTENT, assert_unused, begin, send, stored
from tests.doubles import FakeClock
from tests.world import Cast, sign_in


class TestTooMuch:
    def test_a_larger_file_is_refused_by_its_length_at_once(
        self, api: Clients, services: Services, session_id: str, code: str
    ) -> None:
        async def never() -> AsyncIterator[bytes]:
            raise AssertionError("its body is read")
            yield b""

        answer = send(api, code, session_id, never(), **{"Content-Length": str(uploads.LIMIT + 1)})
        assert problem(answer, 413, "too_large")["detail"] == uploads.TOO_LARGE
        assert "50 MB" in uploads.TOO_LARGE
        assert answer.headers["connection"] == "close"
        assert stored(services) == []

    def test_or_where_it_passes_the_limit(
        self,
        api: Clients,
        services: Services,
        session_id: str,
        code: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(route, "LIMIT", 1000)
        sent = []

        async def streamed() -> AsyncIterator[bytes]:
            for _ in range(1000):
                sent.append(1)
                yield b"x" * 100

        answer = send(api, code, session_id, streamed())
        problem(answer, 413, "too_large")
        assert answer.headers["connection"] == "close"
        assert len(sent) < 20
        assert stored(services) == []

    def test_a_file_of_just_the_limit_is_taken(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        session_id: str,
        code: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(route, "LIMIT", 1000)
        assert send(api, code, session_id, b"x" * 1000).status_code == 204
        assert services.uploads.find(cast.admin.who, session_id, code).path.stat().st_size == 1000

    def test_the_page_is_told_before_it_sends(
        self, services: Services, cast: Cast, session_id: str
    ) -> None:
        with pytest.raises(TooLarge, match="50 MB"):
            services.uploads.begin(
                cast.admin.who, session_id, cast.acme.id, "a.csv", uploads.LIMIT + 1
            )

    def test_the_oldest_file_of_a_session_makes_room(
        self, api: Clients, services: Services, cast: Cast, session_id: str, clock: FakeClock
    ) -> None:
        codes = []
        for _ in range(uploads.OF_SESSION + 1):
            codes.append(begin(services, cast, session_id))
            assert send(api, codes[-1], session_id).status_code == 204
            clock.advance(seconds=1)
        assert len(stored(services)) == uploads.OF_SESSION
        with pytest.raises(NotFound):
            services.uploads.find(cast.admin.who, session_id, codes[0])
        assert services.uploads.find(cast.admin.who, session_id, codes[1])

    def test_a_user_sends_two_at_a_time(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        with ExitStack() as sending:
            for _ in range(uploads.OF_USER):
                other = sign_in(services, cast.admin.user)
                sending.enter_context(services.uploads.receive(begin(services, cast, other), other))
            problem(send(api, code, session_id), 429, "rate_limited")
        assert_unused(services, cast, session_id, code, api)

    def test_a_user_asks_for_sixty_codes_an_hour(
        self, services: Services, cast: Cast, session_id: str
    ) -> None:
        for _ in range(60):
            begin(services, cast, session_id)
        with pytest.raises(TooManyRequests):
            begin(services, cast, session_id)

    def test_a_full_disk_is_told(
        self,
        api: Clients,
        services: Services,
        session_id: str,
        code: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(services.files, "keep", full)
        answer = problem(send(api, code, session_id), 503, "store_unavailable")
        assert "disk may be full" in answer["detail"]
        assert stored(services) == []

    def test_a_folder_of_drafts_that_cannot_be_made_is_told(
        self, api: Clients, services: Services, session_id: str, code: str
    ) -> None:
        drafts = services.settings.data_dir / "drafts"
        if drafts.exists():
            drafts.rmdir()
        drafts.write_text("not a folder")
        problem(send(api, code, session_id), 503, "store_unavailable")

    def test_a_file_that_takes_too_long_is_cut_off(
        self,
        api: Clients,
        services: Services,
        session_id: str,
        code: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(route, "SECONDS", 0.05)

        async def streamed() -> AsyncIterator[bytes]:
            yield b"x"
            await asyncio.Event().wait()

        problem(send(api, code, session_id, streamed()), 408, "too_slow")
        assert stored(services) == []


def through_the_gateway(
    api: Clients, runner: asyncio.Runner, tmp_path: Path, code: str, session_id: str, messages: Any
) -> list[Any]:
    """What the gateway sends. messages: what it receives, an iterator."""
    edge = Edge(api.anonymous.app, api.anonymous.app, tmp_path, "")
    path = f"/api/uploads/{code}"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "headers": [
            (b"host", b"exports.test"),
            (b"transfer-encoding", b"chunked"),
            (b"cookie", f"exports_session={session_id}".encode()),
        ],
        "client": ("192.0.2.7", 4711),
        "server": ("exports.test", 80),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def collect(message: Any) -> None:
        sent.append(message)

    runner.run(edge(scope, receive, collect))
    return sent


def test_a_file_that_breaks_off_leaves_nothing(
    api: Clients,
    services: Services,
    runner: asyncio.Runner,
    tmp_path: Path,
    session_id: str,
    code: str,
) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": CONTENT, "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent = through_the_gateway(api, runner, tmp_path, code, session_id, messages)
    assert sent[0]["status"] == 422
    assert "interrupted" in json.loads(sent[1]["body"])["errors"][0]["detail"]
    assert stored(services) == []


def test_large_files_of_one_network_do_not_cut_each_other_off(
    api: Clients,
    services: Services,
    cast: Cast,
    runner: asyncio.Runner,
    tmp_path: Path,
    session_id: str,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is written to a file does not count as memory."""
    monkeypatch.setattr("exports_app.api.middleware.slow_clients.NETWORK_BYTES", 1000)
    parts = [{"type": "http.request", "body": b"x" * 900, "more_body": n < 9} for n in range(10)]
    sent = through_the_gateway(api, runner, tmp_path, code, session_id, iter(parts))
    assert sent[0]["status"] == 204
    assert services.uploads.find(cast.admin.who, session_id, code).path.stat().st_size == 9000
