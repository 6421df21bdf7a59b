"""What a server needs beside its database: health names what is away."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from exports_app.domain.errors import StoreAway
from exports_app.services.core.rate_limits import Counts
from exports_app.services.health import Health
from exports_app.wiring import Services
from tests.e2e.client import wait_until
from tests.redis_server import redis_server


def vitals(services: Services, redis_url: str = "") -> Health:
    return Health(services.store, services.files, Counts(redis_url), services.clock, 15)


def test_files_that_are_away_are_named(services: Services) -> None:
    services.files.prepare()
    assert vitals(services).unreachable() == []
    shutil.rmtree(services.settings.data_dir / "files")
    (told,) = vitals(services).unreachable()
    assert "the folder of the finished files is missing" in told


def test_redis_is_named_while_it_is_away_and_not_before_or_after(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.services.health.CHECK_SECONDS", -1.0)
    services.files.prepare()
    with redis_server() as redis:
        held = vitals(services, redis.url)
        assert held.unreachable() == []
        redis.stop()
        (told,) = held.unreachable()
        assert told.startswith("Redis cannot be reached")
        redis.start()
        assert held.unreachable() == []


def test_many_who_ask_do_not_all_wait_for_what_does_not_answer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = list[None](), threading.Event()
    held = vitals(services)
    services.files.prepare()
    assert held.unreachable() == []

    def hang() -> None:
        asked.append(None)
        assert answer.wait(30)
        raise StoreAway("it is away")

    monkeypatch.setattr(services.files, "ping", hang)
    monkeypatch.setattr("exports_app.services.health.CHECK_SECONDS", -1.0)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(held.unreachable)
        wait_until("it is asked", lambda: asked, 10)
        assert [held.unreachable() for _ in range(5)] == [[]] * 5  # what was found last
        answer.set()
        assert first.result(30) == ["it is away"]
    assert len(asked) == 1


def test_nobody_waits_for_the_files_to_be_measured(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, answer = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        assert answer.wait(30)
        raise StoreAway

    monkeypatch.setattr(services.files, "usage", hang)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(services.retention.usage)
        assert begun.wait(10)
        assert services.retention.usage() is None
        answer.set()
        assert first.result(30) is None
    assert services.retention.usage() is None  # not asked again at once


def test_redis_on_a_socket_is_called_as_its_client_does() -> None:
    held = Counts("unix:///tmp/there-is-no-redis.sock")
    assert held.unreachable()
